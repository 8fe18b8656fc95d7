package io.walnut.wal.io;

import java.io.IOException;

/** The device or the quota has no room. */
public final class StorageFullException extends IOException {
    private static final long serialVersionUID = 1;

    public StorageFullException(String message, Throwable cause) {
        super(message, cause);
    }

    public StorageFullException(String message) {
        super(message);
    }
}
