package io.walnut.wal;

import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.Uninterrupted;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Writes the groups of batches that {@link Intake} gathers. Nobody writes by office: who waits for a record and finds that the next group may
 * be written writes it, for all whose batches are in it, while others gather and, where that pays, write the groups after it.
 * Groups may come to the disk in any order; what is durable advances in the order of the log.
 *
 * <p>All methods are called with the mutex, held once, unless they say otherwise; it is released while a group is written.
 */
final class GroupWriter {
    /** A group of this size is written beside others; a smaller one waits and grows, which brings more. */
    private static final long PIPELINED_BYTES = 64 << 10;

    /** But in small segments a smaller part of them is much. */
    private static final int PIPELINED_PART = 8;

    /** Without a sync to wait for, this much makes a good write. */
    private static final long LINGER_BYTES = 256 << 10;

    private final LogState state;
    private final SegmentFiles files;
    private final boolean syncsEach;
    private final WalObserver observer;
    private final long pipelinedBytes;
    private int lastBatches; // of the last group: as many may come back to join the next
    private long lastWriteNanos;
    private List<Thread> toWake = new ArrayList<>();
    private @Nullable List<Thread> spareToWake = new ArrayList<>();
    private boolean joining; // somebody is about to write the next group and lets others join it

    GroupWriter(LogState state, SegmentFiles files) {
        this.state = state;
        this.files = files;
        this.pipelinedBytes = Math.min(PIPELINED_BYTES, state.options.segmentBytes() / PIPELINED_PART);
        this.syncsEach = state.options.durability() instanceof Durability.Sync;
        this.observer = state.options.observer();
    }

    /**
     * Waits for a record that has its LSN. When the log is cut meanwhile the wait is over, whether the record was cut away or
     * not: all that was there had been made durable before the cut.
     */
    void awaitLocked(long lsn, boolean durably) throws WalException {
        try {
            awaitAndUnlock(lsn, durably);
        } finally {
            state.mutex.lock();
        }
    }

    /** {@link #awaitLocked}, as the policy wants it. */
    void awaitAppended(long lsn) throws WalException {
        awaitLocked(lsn, syncsEach);
    }

    /** {@link #awaitLocked}, and gives the mutex back: who is woken because all is done need not take it again. */
    void awaitAndUnlock(long lsn, boolean durably) throws WalException {
        int cuts = state.cuts.get();
        boolean locked = true;
        boolean interrupted = false;
        Group parked = null;
        try {
            while (!reached(lsn, durably, cuts)) {
                if (!locked) {
                    state.mutex.lock();
                    locked = true;
                    if (parked != null && Thread.currentThread().equals(parked.heir)) {
                        parked.heir = null;
                    }
                    continue;
                }
                state.checkOpen();
                Group own = state.groups.of(lsn);
                if (mayWrite(durably)) {
                    write(durably || isSyncDue());
                } else if (own == null) {
                    state.changed.awaitUninterruptibly();
                } else {
                    int since = own.addWaiter();
                    state.mutex.unlock();
                    locked = false;
                    interrupted |= own.park(since);
                    parked = own;
                }
            }
        } finally {
            if (locked) {
                state.mutex.unlock();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean reached(long lsn, boolean durably, int cuts) {
        return (durably ? state.durableLsn : state.writtenLsn) > lsn || cuts != state.cuts.get();
    }

    /** Whether the calling thread may write the next group, or sync when there is none. */
    boolean mayWrite(boolean evenNothing) {
        if (state.exclusive || joining || state.failure != null) {
            return false;
        }
        Group next = state.groups.next();
        int inFlight = state.groups.inFlight();
        if (inFlight == 0) {
            return next != null || evenNothing;
        }
        return syncsEach
                && next != null
                && inFlight < state.options.writesInFlight()
                && next.padded() >= pipelinedBytes
                && !needsSegment(next.padded()); // a header proves that all before it is durable
    }

    /** Whether the policy wants the write that is about to begin to be synced. */
    private boolean isSyncDue() {
        return wantsSync()
                || switch (state.options.durability()) {
                    case Durability.Sync() -> true;
                    case Durability.Interval(Duration _, long bytes) ->
                        state.unsyncedBytes + state.groups.waitingBytes() >= bytes;
                    case Durability.Os() -> false;
                };
    }

    /** Writes the next group as the policy wants it. For who {@link #mayWrite}. */
    void writeDue() throws WalException {
        write(isSyncDue());
    }

    /** Whether somebody waits for a sync, and does not sync himself. */
    boolean wantsSync() {
        return state.listeners.pending().wantSync(state.durableLsn);
    }

    /** Whether what has gathered may wait a little for more. */
    boolean mayLinger() {
        return !syncsEach
                && state.listeners.pending().isEmpty()
                && state.groups.nextGathers()
                && state.groups.waitingBytes() < LINGER_BYTES;
    }

    /** Writes the next group, or only syncs when there is none. For who {@link #mayWrite}. */
    void write(boolean sync) throws WalException {
        try {
            letOthersJoin();
            state.checkOpen(); // the background may have poisoned it meanwhile, and the directory be free
            Group group = state.groups.next();
            if (group == null) {
                syncActive();
            } else {
                writeGroup(group, sync || isSyncDue());
            }
        } catch (RuntimeException | Error e) {
            throw defect(e);
        } finally {
            giveNews();
        }
    }

    /** Something of ours, or an observer, failed in the middle of a write: nobody who waits for it may wait for ever. */
    WalException defect(Throwable failure) {
        WalException error = new WalPoisonedException(
                "writing in " + state.storage.describe() + " failed: " + failure + "; close the log and open it again",
                failure);
        state.poison(error);
        if (failure instanceof Error e) {
            throw e;
        }
        return error;
    }

    /** After a write, whatever its end: to who may write next, who waited for it, and who listens. */
    void giveNews() {
        handOver();
        wake();
        state.tell();
    }

    /** Those whose records are done. Without the mutex, which they may want at once for their next. */
    private void wake() {
        List<Thread> woken = toWake;
        if (woken.isEmpty()) {
            return;
        }
        toWake = spareToWake == null ? new ArrayList<>() : spareToWake;
        spareToWake = null;
        state.mutex.unlock();
        for (int i = 0; i < woken.size(); i++) {
            LockSupport.unpark(woken.get(i));
        }
        woken.clear();
        state.mutex.lock();
        spareToWake = woken;
    }

    /**
     * Those who waited for the last group are just coming back with their next records. One write for all of them is quicker for
     * each than to wait for a write without them. So they are let run until as many have come as there were, but never for
     * longer than half of what a write takes: should they not come back, little is lost, and the next group expects fewer.
     */
    @SuppressWarnings("ThreadPriorityCheck") // nothing hangs on it: the wait is bounded
    void letOthersJoin() {
        if (lastBatches < 2 || !syncsEach || state.groups.inFlight() > 0) {
            return;
        }
        joining = true;
        try {
            long start = System.nanoTime();
            Group next = state.groups.next();
            state.joined = next == null ? 0 : next.batches();
            int expected = lastBatches;
            state.mutex.unlock();
            try {
                while (state.joined < expected && System.nanoTime() - start < lastWriteNanos / 2) {
                    Thread.yield();
                }
            } finally {
                state.mutex.lock();
            }
        } finally {
            joining = false;
        }
    }

    /** A batch more is in {@code group}: who lets others join counts it. */
    void joined(Group group) {
        if (joining) {
            state.joined = group.batches() + (group.padded() < pipelinedBytes ? 0 : lastBatches);
        }
    }

    /** What is to be done next is somebody else's. */
    void handOver() {
        state.changed.signalAll();
        Group next = state.groups.next();
        if (next != null && mayWrite(false) && !next.appointHeir()) {
            state.work.signal();
        }
    }

    /** Makes durable what has been written without a sync. */
    private void syncActive() throws WalException {
        Segment segment = state.active;
        if (segment == null) {
            return; // nothing was ever written, and nothing is waiting
        }
        long written = state.writtenLsn;
        state.exclusive = true;
        try {
            long nanos = outside(segment, segment.file()::sync);
            state.syncs++;
            state.syncNanos += nanos;
            observer.synced(nanos);
        } finally {
            state.exclusive = false;
        }
        state.durableLsn = Math.max(state.durableLsn, written);
        state.unsyncedBytes = 0;
    }

    private void writeGroup(Group group, boolean durably) throws WalException {
        begin(group, durably);
        end(group, outside(Objects.requireNonNull(group.segment), group));
    }

    /** Takes the next group, which nobody else takes then, and gives it its place. */
    void begin(Group group, boolean durably) {
        Segment full = null;
        // Time goes on since somebody looked: with others in flight it has room here, however old this has become.
        if (state.groups.inFlight() == 0 && needsSegment(group.padded())) {
            full = state.active;
            group.header = beginSegment();
            group.afterFull = full != null;
        }
        state.groups.takeNext();
        Segment active = Objects.requireNonNull(state.active);
        group.segment = active;
        group.unsynced = state.durableLsn < state.writtenLsn ? full : null;
        group.position = state.position;
        group.recent = active.recentFrom(state.position, state.options.segmentBytes());
        group.durableLsn = state.durableLsn;
        // Where syncs are rare, earlier bytes of the file may wait for one, and these bytes alone would not do for
        // them.
        group.sync = !durably ? Group.Sync.NONE : syncsEach ? Group.Sync.OWN_BYTES : Group.Sync.WHOLE_FILE;
        group.writeNanos = System.nanoTime();
        state.position += group.padded();
    }

    /** It is on the disk, or the operating system has it, since this many nanoseconds after it was begun. */
    void end(Group group, long nanos) {
        boolean durably = group.sync != Group.Sync.NONE;
        observer.wrote(group.batches(), group.padded(), group.writeNanos - group.begunNanos(), nanos, durably);
        state.writes++;
        state.bytesWritten += group.padded();
        if (durably) {
            lastWriteNanos = nanos;
            state.syncs++;
            state.syncNanos += nanos;
        } else {
            state.writeNanos += nanos;
        }
        if (group.unsynced != null) {
            state.durableLsn = Math.max(
                    state.durableLsn, Objects.requireNonNull(group.segment).baseLsn());
            state.unsyncedBytes = 0;
        }
        boolean begins = group.header != null;
        boolean afterFull = group.afterFull;
        group.written = true;
        publishWritten();
        if (afterFull) {
            files.sealFullInBackground();
        }
        if (begins) {
            files.prepareAhead();
        }
    }

    /** What is written counts when all before it is. */
    private void publishWritten() {
        for (Group group = state.groups.oldest(); group != null && group.written; group = state.groups.oldest()) {
            Segment segment = Objects.requireNonNull(group.segment);
            segment.publish(group.index(segment.index()), group.endLsn(), group.position + group.padded());
            state.writtenLsn = group.endLsn();
            if (group.sync != Group.Sync.NONE) {
                state.durableLsn = group.endLsn();
                state.unsyncedBytes = 0;
            } else {
                state.unsyncedBytes += group.padded();
            }
            lastBatches = group.batches();
            group.giveWaiters(toWake);
            state.groups.retireOldest();
        }
    }

    /** Runs I/O without the mutex, and poisons the log when it fails; returns how long it took. */
    long outside(Segment segment, Uninterrupted.Io io) throws WalException {
        Throwable failure = null;
        state.writers++;
        state.mutex.unlock();
        // Nobody who waits for a record gives up; and an interrupt would break the I/O for all who share the file.
        boolean interrupted = Thread.interrupted();
        long start = System.nanoTime();
        long nanos;
        try {
            io.run();
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        } finally {
            nanos = System.nanoTime() - start;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            state.mutex.lock();
            state.writers--;
        }
        if (failure == null) {
            return nanos;
        }
        throw poison(segment, failure);
    }

    /** A write failed, and nobody knows what of it is on the disk. */
    WalException poison(Segment segment, Throwable failure) {
        WalException error = new WalPoisonedException(
                "writing " + Segment.name(segment.id()) + " in " + state.storage.describe() + " failed: " + failure
                        + "; close the log and open it again",
                failure);
        state.poison(error);
        if (failure instanceof Error defect) {
            throw defect;
        }
        return error;
    }

    private boolean needsSegment(long groupBytes) {
        return state.active == null || state.position + groupBytes > state.options.segmentBytes() || tooOld();
    }

    private SegmentHeader beginSegment() {
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
                FrameIndex.likeOneOf(
                        state.active == null ? 0 : state.active.index().count()),
                state.writtenLsn,
                SegmentHeader.BYTES);
        state.active = begun;
        state.position = SegmentHeader.BYTES;
        state.activeSinceNanos = state.options.nanoClock().getAsLong();
        var all = new ArrayList<>(state.segments);
        all.add(begun);
        state.segments = List.copyOf(all);
        state.rolls++;
        long waited = state.rollWaitSince == 0 ? 0 : System.nanoTime() - state.rollWaitSince;
        state.rollWaitSince = 0;
        observer.rolled(waited);
        return new SegmentHeader(state.log, begun.id(), begun.baseLsn(), begun.salt(), state.options.segmentBytes());
    }

    /** Whether the active segment holds records and gets old. */
    boolean ages() {
        return state.active != null
                && !state.options.segmentAge().isZero()
                && state.active.endLsn() > state.active.baseLsn();
    }

    long nanosToLive() {
        return TimeUnit.NANOSECONDS.convert(state.options.segmentAge())
                - (state.options.nanoClock().getAsLong() - state.activeSinceNanos);
    }

    /** Whether the write that is about to begin goes to the next segment because of the age of this one. */
    private boolean tooOld() {
        return ages() && state.prepared != null && nanosToLive() <= 0;
    }
}
