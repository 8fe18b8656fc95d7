package io.walnut.wal.io;

import java.io.IOException;

/**
 * The calling thread was interrupted in the middle of a durable write whose outcome is now unknown. Its interrupt flag has been cleared,
 * and who catches this restores it when its work is done.
 */
public final class StorageInterruptedException extends IOException {
    private static final long serialVersionUID = 1;

    public StorageInterruptedException(String message, Throwable cause) {
        super(message, cause);
    }
}
