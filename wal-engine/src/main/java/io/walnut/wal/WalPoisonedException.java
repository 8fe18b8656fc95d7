package io.walnut.wal;

/** A write or a sync failed, so what is on disk is unknown: no more writes until the log is opened again, which recovers it. Records that were durable before can still be read. The cause says what failed. */
public final class WalPoisonedException extends WalException {
    private static final long serialVersionUID = 1;

    WalPoisonedException(String message) {
        super(message);
    }

    WalPoisonedException(String message, Throwable cause) {
        super(message, cause);
    }
}
