package io.walnut.wal;

import io.walnut.wal.io.StorageFullException;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Takes batches into the log: makes them smaller, waits for room, gives them their LSNs and their place in a group, which
 * {@link GroupWriter} writes. Its public side is called without the mutex.
 */
final class Intake {
    private final LogState state;
    private final SegmentFiles files;
    private final GroupWriter writer;
    private final boolean syncsEach;
    private final WalObserver observer;
    private final boolean observed;

    Intake(LogState state, SegmentFiles files, GroupWriter writer) {
        this.state = state;
        this.files = files;
        this.writer = writer;
        this.syncsEach = state.options.durability() instanceof Durability.Sync;
        this.observer = state.options.observer();
        this.observed = !observer.equals(WalObserver.NONE);
    }

    /** Appends, and waits for as much as the policy promises. */
    long append(Batch batch) throws WalException {
        return append(batch, syncsEach);
    }

    /** Appends, and waits until it is durable, or only written. */
    long append(Batch batch, boolean durably) throws WalException {
        long start = observed ? System.nanoTime() : 0;
        long lsn = takeAndLock(batch);
        long encoded = observed ? System.nanoTime() : 0;
        int records = batch.count();
        long bytes = batch.encodedBytes();
        writer.awaitAndUnlock(lsn + records - 1, durably);
        if (observed) {
            observer.appended(records, bytes, encoded - start, System.nanoTime() - start);
        }
        return lsn;
    }

    /** Gives a batch to the log, for its own thread to write. */
    long enqueue(Batch batch) throws WalException {
        long lsn = takeAndLock(batch);
        try {
            wakeOwnThread();
            return lsn;
        } finally {
            state.mutex.unlock();
        }
    }

    /** The same, and a future of when it is written, or durable. */
    CompletableFuture<Long> enqueue(Batch batch, boolean durably) throws WalException {
        long lsn = takeAndLock(batch);
        try {
            CompletableFuture<Long> future = state.listeners.pending().add(lsn, lsn + batch.count(), durably);
            state.work.signal();
            return future;
        } finally {
            state.mutex.unlock();
        }
    }

    /** On return the mutex is held, unless this fails. */
    private long takeAndLock(Batch batch) throws WalException {
        BatchCompressor.Work compressed = state.compressor.begin(batch);
        if (!state.mutex.tryLock()) {
            state.mutex.lock();
            state.contendedAppends++;
        }
        try {
            return gather(batch);
        } catch (WalException | RuntimeException | Error e) {
            state.mutex.unlock();
            throw e;
        } finally {
            if (compressed != null) {
                state.compressor.end(batch, compressed);
            }
        }
    }

    /** Puts a batch into a group and gives it its LSNs; waits for room in memory and in the segments. */
    private long gather(Batch batch) throws WalException {
        if (batch.count() == 0) {
            throw new IllegalArgumentException("an empty batch cannot be appended");
        }
        if (batch.encodedBytes() > state.options.maxBatchBytes()) {
            throw new BatchTooLargeException(batch.encodedBytes(), state.options.maxBatchBytes());
        }
        state.checkOpen();
        Group group;
        long heldBackSince = 0;
        while (state.held()
                || !hasRoom(batch.storedBytes())
                || (group = state.groups.forBatch(batch.storedBytes())) == null) {
            state.backPressureWaits++;
            if (observed && heldBackSince == 0) {
                heldBackSince = System.nanoTime();
            }
            if (!state.held() && writer.mayWrite(false)) {
                writer.writeDue();
            } else {
                state.changed.awaitUninterruptibly();
            }
            state.checkOpen();
        }
        long lsn = state.endLsn;
        if (batch.count() > Long.MAX_VALUE - lsn) {
            throw new IllegalStateException("the log in " + state.storage.describe() + " ends at LSN " + lsn
                    + " and has none left for " + batch.count() + " records");
        }
        long now = observed ? System.nanoTime() : 0;
        if (heldBackSince != 0) {
            observer.heldBack(now - heldBackSince);
        }
        group.add(batch, lsn, now);
        state.endLsn += batch.count();
        writer.joined(group);
        state.recordsAppended += batch.count();
        state.batchesAppended++;
        return lsn;
    }

    /**
     * Whether a batch more finds room: in the active segment, after all that waits, or in one that is prepared. Finding out now
     * and not when writing means that a full disk refuses a batch that has no LSN yet.
     */
    private boolean hasRoom(long encodedBytes) throws WalException {
        boolean tried = false;
        while (true) {
            // Computed anew after every wait: others may have gathered.
            if (state.active != null
                    && state.position + state.groups.waitingBytesWith(encodedBytes) <= state.options.segmentBytes()) {
                return true;
            }
            if (!state.groups.nextGathers()) {
                return false; // what has queued goes out first
            }
            if (state.prepared != null) {
                return state.groups.oneGroupWith(encodedBytes); // it begins that segment
            }
            if (observed && state.rollWaitSince == 0) {
                state.rollWaitSince = System.nanoTime();
            }
            if (state.preparing) {
                state.changed.awaitUninterruptibly();
            } else if (!tried || state.prepareFailure == null) {
                // An earlier attempt may have failed long ago; and what a good one has made, another write may have
                // begun.
                tried = true;
                state.rollWaits++;
                files.prepareAhead();
            } else {
                throw cannotPrepare();
            }
            state.checkOpen();
            if (state.held()) {
                return false;
            }
        }
    }

    private WalException cannotPrepare() {
        IOException cause = Objects.requireNonNull(state.prepareFailure);
        return cause instanceof StorageFullException
                ? new WalStorageFullException(
                        "no room for the next segment of " + state.options.segmentBytes() + " bytes in "
                                + state.storage.describe()
                                + "; the batch was not appended: free space and append again",
                        cause)
                : new WalIoException(
                        "cannot prepare a segment in " + state.storage.describe() + ": " + cause
                                + "; the batch was not appended",
                        cause);
    }

    /**
     * Called after an append that nobody waits for. To wake a thread costs more than an append, so where the policy wants no haste
     * a thread that will look by itself is left to it until a group is full.
     */
    private void wakeOwnThread() {
        if (syncsEach || state.ownThreadSleeps || !state.groups.nextGathers()) {
            state.work.signal();
        }
    }
}
