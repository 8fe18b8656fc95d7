package io.walnut.wal.io;

import java.io.IOException;

/**
 * A thread was interrupted in the middle of a sync whose outcome is now unknown. When it was {@linkplain #isOfCaller() the calling
 * one}, its interrupt flag has been cleared, and who catches this restores it when its work is done.
 */
public final class StorageInterruptedException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean ofCaller;

    /** The calling thread was interrupted. */
    public StorageInterruptedException(String message, Throwable cause) {
        this(message, cause, true);
    }

    private StorageInterruptedException(String message, Throwable cause, boolean ofCaller) {
        super(message, cause);
        this.ofCaller = ofCaller;
    }

    /** Another thread was interrupted, which closed the channel for all. */
    static StorageInterruptedException ofAnother(String message, Throwable cause) {
        return new StorageInterruptedException(message, cause, false);
    }

    /** Whether it was the calling thread, and not another one that used the same channel. */
    public boolean isOfCaller() {
        return ofCaller;
    }
}
