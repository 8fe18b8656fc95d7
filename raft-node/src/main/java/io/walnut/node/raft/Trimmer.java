package io.walnut.node.raft;

import io.walnut.wal.Wal;
import io.walnut.wal.WalClosedException;
import io.walnut.wal.WalStorageFullException;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives WAL space back in the background, as far as nothing needs it. */
final class Trimmer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Trimmer.class);

    private final String name;
    private final Wal wal;
    private final SnapshotSource snapshots;
    private final Consumer<Throwable> onFailure;
    private final ExecutorService executor;

    Trimmer(String name, Wal wal, SnapshotSource snapshots, Consumer<Throwable> onFailure) {
        this.name = name;
        this.wal = wal;
        this.snapshots = snapshots;
        this.onFailure = onFailure;
        this.executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name + "-trim").factory());
    }

    /** Returns at once. */
    void trimBefore(long lsn) {
        try {
            executor.execute(() -> trim(lsn));
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: closed before a trim to {}", name, lsn, e);
        }
    }

    private void trim(long lsn) {
        long floor = Math.min(lsn, snapshots.trimFloor());
        try {
            if (floor > wal.startLsn()) {
                wal.trimBefore(floor);
                LOG.info("{}: trimmed startLsn={}", name, wal.startLsn());
            }
        } catch (WalClosedException e) {
            LOG.debug("{}: closed during a trim to {}", name, floor, e);
        } catch (WalStorageFullException e) {
            LOG.warn("{}: no room to trim to {}; the next purge tries again: {}", name, floor, e.getMessage());
        } catch (IOException e) {
            onFailure.accept(e);
        }
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
