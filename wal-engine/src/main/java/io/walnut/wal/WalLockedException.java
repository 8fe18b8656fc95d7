package io.walnut.wal;

/** Somebody else has the directory open: stop them, or use another directory. */
public final class WalLockedException extends WalException {
    private static final long serialVersionUID = 1;

    WalLockedException(String message) {
        super(message);
    }

    WalLockedException(String message, Throwable cause) {
        super(message, cause);
    }
}
