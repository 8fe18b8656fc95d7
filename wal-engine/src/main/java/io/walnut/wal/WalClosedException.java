package io.walnut.wal;

/** The log has been closed: open it again. */
public final class WalClosedException extends WalException {
    private static final long serialVersionUID = 1;

    WalClosedException(String message) {
        super(message);
    }

    WalClosedException(String message, Throwable cause) {
        super(message, cause);
    }
}
