package io.walnut.node.raft;

import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A real directory whose syncs of files can be held up or made to fail.
 *
 * <p>The log prepares its next segment in the background, and that takes a sync, too: the gate closes only when a first one is
 * through, so that what meets the closed gate is the write of the test.
 */
final class GatedStorage extends ForwardingStorage {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean prepared;
    private boolean held;
    private boolean failing;
    private volatile boolean full;

    GatedStorage(Path directory) throws IOException {
        super(FileChannelStorage.at(directory));
    }

    /** Syncs wait from now on. */
    void hold() throws InterruptedException {
        set(true, false);
    }

    /** Syncs fail from now on, also those that wait. */
    void fail() throws InterruptedException {
        set(false, true);
    }

    /** Whether there is no room for another file from now on; there was some for the first segment. */
    void full(boolean now) throws InterruptedException {
        lock.lock();
        try {
            awaitPrepared();
            full = now;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public StorageFile create(String name) throws IOException {
        if (full) {
            throw new StorageFullException("no room for " + name + " (planted)");
        }
        return super.create(name);
    }

    /** Syncs go on. */
    void release() {
        lock.lock();
        try {
            held = false;
            failing = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void set(boolean nowHeld, boolean nowFailing) throws InterruptedException {
        lock.lock();
        try {
            awaitPrepared();
            held = nowHeld;
            failing = nowFailing;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitPrepared() throws InterruptedException {
        long left = TimeUnit.SECONDS.toNanos(30);
        while (!prepared) {
            if (left <= 0) {
                throw new IllegalStateException("no segment was prepared within 30 s");
            }
            left = changed.awaitNanos(left);
        }
    }

    private void pass() throws IOException {
        lock.lock();
        try {
            while (held) {
                changed.awaitUninterruptibly();
            }
            if (failing) {
                throw new IOException("sync: input/output error (planted)");
            }
        } finally {
            lock.unlock();
        }
    }

    private void synced() {
        lock.lock();
        try {
            prepared = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected StorageFile wrap(String name, StorageFile file) {
        return new ForwardingFile(file) {
            @Override
            public void sync() throws IOException {
                pass();
                super.sync();
                if (Segment.id(name) >= 0) {
                    synced();
                }
            }
        };
    }
}
