package io.walnut.wal.store;

import io.walnut.wal.logs.Result.Reason;
import io.walnut.wal.logs.Result.Rejection;
import java.io.Serial;

/** What was asked for was refused, and changed nothing. The store goes on. */
public final class RefusedException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Rejection rejection;

    RefusedException(Rejection rejection) {
        super(rejection.reason() + ": " + rejection.message(), null, false, false);
        this.rejection = rejection;
    }

    static RefusedException noLog(String name) {
        return new RefusedException(new Rejection(Reason.LOG_NOT_FOUND, "no log has the name '" + name + "'", 0, 0, 0));
    }

    /** Why, with the bounds of the log and what would have been accepted. */
    public Rejection rejection() {
        return rejection;
    }

    public Reason reason() {
        return rejection.reason();
    }
}
