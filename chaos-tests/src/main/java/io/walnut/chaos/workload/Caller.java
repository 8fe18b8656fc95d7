package io.walnut.chaos.workload;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;

/** Who calls, and writes down how each call ended: one at a time. */
record Caller(int process, String log, Recorder recorder) {
    static Caller of(Recorder recorder, String log) {
        return new Caller(recorder.newProcess(), log, recorder);
    }

    long now() {
        return recorder.now();
    }

    Call ok(long invoked) {
        return Call.ok(process, log, invoked, now());
    }

    /** A call that threw this. */
    Call failed(long invoked, Throwable error) {
        return new Call(process, log, invoked, now(), Outcomes.of(error), Outcomes.text(error));
    }

    void add(Operation operation) {
        recorder.add(operation);
    }
}
