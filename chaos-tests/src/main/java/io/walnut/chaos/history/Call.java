package io.walnut.chaos.history;

/**
 * Who called, when, and how it ended.
 *
 * @param process the client's thread; its calls do not overlap
 * @param log name of the log; empty where the call is of none
 * @param invoked nanoseconds of the run's clock, which is one for all processes and never goes back
 * @param returned the same; of a call without an answer, when it was given up
 * @param error what the caller was told, empty when it was told nothing bad
 */
public record Call(int process, String log, long invoked, long returned, Outcome outcome, String error) {
    public Call {
        if (returned < invoked) {
            throw new IllegalArgumentException("returned at " + returned + ", before it was invoked at " + invoked);
        }
    }

    public static Call ok(int process, String log, long invoked, long returned) {
        return new Call(process, log, invoked, returned, Outcome.OK, "");
    }

    public boolean ok() {
        return outcome == Outcome.OK;
    }
}
