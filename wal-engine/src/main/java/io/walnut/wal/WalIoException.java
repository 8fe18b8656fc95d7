package io.walnut.wal;

/** The disk refused an operation that leaves the log as it was: look at the cause, and try again. */
public final class WalIoException extends WalException {
    private static final long serialVersionUID = 1;

    WalIoException(String message) {
        super(message);
    }

    WalIoException(String message, Throwable cause) {
        super(message, cause);
    }
}
