package io.walnut.wal.io;

import java.io.IOException;

/**
 * The calling thread was interrupted in the middle of a sync whose outcome is now unknown. The thread's interrupt flag has
 * been cleared; who catches this restores it when its work is done.
 */
public final class StorageInterruptedException extends IOException {
    private static final long serialVersionUID = 1;

    public StorageInterruptedException(String message, Throwable cause) {
        super(message, cause);
    }
}
