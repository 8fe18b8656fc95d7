package io.walnut.wal.io;

import java.io.IOException;

/** The directory belongs to another opener. */
public final class StorageLockedException extends IOException {
    private static final long serialVersionUID = 1;

    public StorageLockedException(String message) {
        super(message);
    }
}
