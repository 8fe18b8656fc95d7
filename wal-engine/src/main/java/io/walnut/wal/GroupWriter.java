package io.walnut.wal;

import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.io.StorageInterruptedException;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Gathers batches and writes them in groups. Nobody leads by office: who waits and finds no leader leads one write, for all
 * whose batches are in it, while the next ones gather in the other buffer.
 *
 * <p>All methods are called with the mutex, held once; it is released while the leader writes and syncs.
 */
final class GroupWriter {
    private static final int SYNC_ATTEMPTS_WHEN_INTERRUPTED = 100;

    private final LogState state;
    private final SegmentFiles files;

    GroupWriter(LogState state, SegmentFiles files) {
        this.state = state;
        this.files = files;
    }

    /** Puts a batch into the buffer and gives it its LSNs; waits for room in the buffer and in the segments. */
    long gather(Batch batch) throws WalException {
        if (batch.count() == 0) {
            throw new IllegalArgumentException("an empty batch cannot be appended");
        }
        if (batch.encodedBytes() > state.options.maxBatchBytes()) {
            throw new BatchTooLargeException(batch.encodedBytes(), state.options.maxBatchBytes());
        }
        state.checkOpen();
        while (state.held() || !state.gathering.fits(batch.encodedBytes()) || !hasRoom(batch.encodedBytes())) {
            state.backPressureWaits++;
            if (state.held()) {
                state.changed.awaitUninterruptibly();
            } else {
                leadOrWait(false);
            }
            state.checkOpen();
        }
        long lsn = state.endLsn;
        state.gathering.add(batch, lsn);
        state.endLsn += batch.count();
        state.recordsAppended += batch.count();
        state.batchesAppended++;
        return lsn;
    }

    /**
     * Whether a write with one batch more finds room: in the active segment, or in one that is prepared. Finding out now and
     * not when writing means that a full disk refuses a batch that has no LSN yet.
     */
    private boolean hasRoom(long encodedBytes) throws WalException {
        boolean tried = false;
        while (true) {
            // Computed anew after every wait: others may have filled the buffer.
            long bytes = state.gathering.paddedWith(encodedBytes);
            if (state.active != null && state.position + bytes <= state.options.segmentBytes()) {
                return state.gathering.fits(encodedBytes);
            }
            if (SegmentHeader.BYTES + bytes > state.options.segmentBytes() && !state.gathering.isEmpty()) {
                return false; // goes out by itself first
            }
            if (state.prepared != null) {
                return state.gathering.fits(encodedBytes);
            }
            if (state.preparing) {
                state.changed.awaitUninterruptibly();
            } else if (!tried) {
                tried = true; // an earlier attempt may have failed long ago
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
     * Waits for a record that has its LSN. When the log is cut meanwhile the wait is over, whether the record was cut away or
     * not: all that was there had been made durable before the cut.
     */
    void awaitLocked(long lsn, boolean durably) throws WalException {
        int cuts = state.cuts.get();
        while ((durably ? state.durableLsn : state.writtenLsn) <= lsn && cuts == state.cuts.get()) {
            state.checkOpen();
            leadOrWait(durably);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // every caller loops over what it waits for
    void leadOrWait(boolean durably) throws WalException {
        if (state.leading) {
            state.changed.awaitUninterruptibly();
        } else {
            state.leading = true;
            try {
                writeGroup(durably || isSyncDue());
            } finally {
                stopLeading();
                state.tell();
            }
        }
    }

    /** Whether the policy wants the write that is about to begin to be synced. */
    private boolean isSyncDue() {
        return switch (state.options.durability()) {
            case Durability.Sync() -> true;
            case Durability.Interval(Duration _, long bytes) -> state.unsyncedBytes + state.gathering.padded() >= bytes;
            case Durability.Os() -> false;
        };
    }

    void stopLeading() {
        state.leading = false;
        state.changed.signalAll();
        if (!state.gathering.isEmpty()) {
            state.work.signal();
        }
    }

    /** Writes what has gathered. Called by the leader with the mutex, which is released during the I/O. */
    private void writeGroup(boolean sync) throws WalException {
        GatherBuffer group = state.gathering;
        boolean empty = group.isEmpty();
        long groupBytes = empty ? 0 : group.padded();
        boolean begun = !empty && needsSegment(groupBytes);
        Segment full = begun ? state.active : null;
        if (begun) {
            beginSegment();
        }
        Segment segment = state.active;
        if (segment == null) {
            return; // nothing was ever written, and nothing is waiting
        }
        long at = state.position;
        state.position += groupBytes;
        long end = state.endLsn;
        long durable = state.durableLsn;
        state.gathering = state.spare;
        state.spare = group;
        boolean syncFull = full != null && state.durableLsn < state.writtenLsn;
        state.mutex.unlock();
        long writeTime = 0;
        long syncTime = 0;
        FrameIndex index = segment.index();
        WalException error = null;
        Error defect = null;
        boolean interrupted = false;
        try {
            if (syncFull) {
                // Durability stays in order across segments, and a header proves that all before it is durable.
                interrupted = Thread.interrupted(); // its bytes are not here any more, to be written and synced again
                Objects.requireNonNull(full).file().sync();
            }
            if (!empty) {
                index = group.finish(index, at, durable, segment.salt());
            }
            long start = System.nanoTime();
            for (int attempt = 1; ; attempt++) { // each writes anew: a sync that was interrupted says nothing
                if (!empty) {
                    write(segment, group, at);
                }
                long written = System.nanoTime();
                writeTime = written - start;
                try {
                    if (sync) {
                        segment.file().sync();
                    }
                    syncTime = System.nanoTime() - written;
                    break;
                } catch (StorageInterruptedException e) {
                    interrupted = true;
                    if (attempt == SYNC_ATTEMPTS_WHEN_INTERRUPTED) {
                        throw e;
                    }
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            defect = e instanceof Error thrown ? thrown : null;
            error = new WalPoisonedException(
                    "writing " + Segment.name(segment.id()) + " in " + state.storage.describe() + " failed: " + e
                            + "; close the log and open it again",
                    e);
        } finally {
            state.mutex.lock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (error != null) {
            state.poison(error);
            if (defect != null) {
                throw defect;
            }
            throw error;
        }
        state.bytesWritten += groupBytes;
        state.writes += empty ? 0 : 1;
        state.syncs += sync ? 1 : 0;
        state.writeNanos += writeTime;
        state.syncNanos += syncTime;
        group.clear();
        if (!empty) {
            segment.publish(index, end, at + groupBytes);
            state.writtenLsn = end;
        }
        if (sync) {
            state.durableLsn = Math.max(state.durableLsn, empty ? state.writtenLsn : end);
            state.unsyncedBytes = 0;
        } else if (syncFull) {
            state.durableLsn = Math.max(state.durableLsn, segment.baseLsn());
            state.unsyncedBytes = groupBytes;
        } else {
            state.unsyncedBytes += groupBytes;
        }
        if (full != null) {
            files.sealFullInBackground();
        }
        if (begun) {
            files.prepareAhead();
        }
    }

    private boolean needsSegment(long groupBytes) {
        return state.active == null || state.position + groupBytes > state.options.segmentBytes() || tooOld();
    }

    private void beginSegment() {
        LogState.Prepared next = state.prepared;
        if (next == null) {
            throw new IllegalStateException("no segment is prepared");
        }
        state.prepared = null;
        Segment begun = new Segment(
                next.id(),
                state.writtenLsn,
                state.options.salts().getAsInt(),
                next.file(),
                FrameIndex.EMPTY,
                state.writtenLsn,
                SegmentHeader.BYTES);
        state.active = begun;
        state.position = SegmentHeader.BYTES;
        state.activeSinceNanos = state.options.nanoClock().getAsLong();
        state.rolls++;
        var all = new ArrayList<>(state.segments);
        all.add(begun);
        state.segments = List.copyOf(all);
    }

    /** Whether the active segment holds records and gets old. */
    boolean ages() {
        return state.active != null
                && !state.options.segmentAge().isZero()
                && state.active.endLsn() > state.active.baseLsn();
    }

    long nanosToLive() {
        return state.options.segmentAge().toNanos() - (state.options.nanoClock().getAsLong() - state.activeSinceNanos);
    }

    /** Whether the write that is about to begin goes to the next segment because of the age of this one. */
    private boolean tooOld() {
        return ages() && state.prepared != null && nanosToLive() <= 0;
    }

    private void write(Segment segment, GatherBuffer group, long at) throws IOException {
        if (at == SegmentHeader.BYTES) {
            segment.file()
                    .write(
                            group.withHeader(new SegmentHeader(
                                    state.log,
                                    segment.id(),
                                    segment.baseLsn(),
                                    segment.salt(),
                                    state.options.segmentBytes())),
                            0);
        } else {
            segment.file().write(group.withoutHeader(), at);
        }
    }
}
