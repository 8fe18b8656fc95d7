package io.walnut.node.append;

import java.io.Serial;

/** Why the batcher itself ended an append, typed by what is known of its fate. */
public final class AppendRefusedException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What the client may conclude. */
    public enum Reason {
        /** Not appended: too many bytes in flight, here and now. */
        OVERLOADED,
        /** Not appended: its time passed before it was given to the log. */
        NOT_SENT_IN_TIME,
        /** Given to the log, and not applied in time: it may still be. */
        OUTCOME_UNKNOWN,
        /** Not appended: the node is stopping. */
        STOPPING
    }

    private final Reason reason;

    AppendRefusedException(Reason reason, String message) {
        // No stack trace: overload is when there is no time to fill one in.
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
