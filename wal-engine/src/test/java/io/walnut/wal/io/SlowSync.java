package io.walnut.wal.io;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Syncs as slowly as a disk, so that batches gather meanwhile. */
public final class SlowSync extends ForwardingStorage {
    private final long nanos;

    public SlowSync(Storage storage, Duration sync) {
        super(storage);
        this.nanos = sync.toNanos();
    }

    @Override
    protected StorageFile wrap(String name, StorageFile file) {
        return new ForwardingFile(file) {
            @Override
            public void sync() throws IOException {
                LockSupport.parkNanos(nanos);
                super.sync();
            }
        };
    }
}
