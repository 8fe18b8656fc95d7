package io.walnut.wal.io;

import java.io.IOException;

/** The directory belongs to another opener. */
public final class StorageLockedException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean byThisProcess;

    public StorageLockedException(String message, boolean byThisProcess) {
        super(message);
        this.byThisProcess = byThisProcess;
    }

    /** Whether the other opener is in this process. */
    public boolean byThisProcess() {
        return byThisProcess;
    }
}
