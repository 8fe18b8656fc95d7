package io.walnut.chaos.workload;

import io.walnut.chaos.history.Outcome;
import io.walnut.client.WalnutException;

/**
 * What an error of the client says of the call. The one place where that is decided: an error that is taken for a failure when the
 * call may have taken effect would hide a loss, or invent one.
 */
public final class Outcomes {
    private Outcomes() {}

    /** Of a call that threw this. */
    public static Outcome of(Throwable error) {
        return error instanceof WalnutException failure && !failure.mayHaveBeenApplied() ? Outcome.FAIL : Outcome.INFO;
    }

    /** As it is written down: the name of the error, and what it says. */
    public static String text(Throwable error) {
        return error instanceof WalnutException failure
                ? failure.code().name().replaceFirst("^ERROR_CODE_", "") + ": " + failure.getMessage()
                : error.toString();
    }
}
