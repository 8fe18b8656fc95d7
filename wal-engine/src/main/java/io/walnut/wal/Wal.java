package io.walnut.wal;

import io.walnut.wal.io.BackendInUse;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.io.StorageLockedException;
import io.walnut.wal.io.UnknownOutcomeException;
import io.walnut.wal.io.uring.Backends;
import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.ScrubCoverage;
import io.walnut.wal.recovery.ScrubListener;
import io.walnut.wal.segment.Segment;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A durable log of opaque records in one directory.
 *
 * <p>Records get dense numbers, LSNs. Ends are exclusive throughout: {@link #endLsn()} is the next LSN to be assigned, and
 * every LSN below {@link #durableLsn()} is durable. Safe for use by many threads.
 *
 * <p>This is the front door. Behind it: {@link GroupWriter} gathers and writes, {@link SegmentFiles} makes, seals and lists
 * segments, {@link StructuralChanges} takes away and adopts, {@link Compactor} makes smaller, {@link LogReader} reads, {@link Listeners} tells,
 * {@link LogThreads} does what nobody waits for, its writes through {@link WritePipeline}; {@link LogState} is what they share, and the lock.
 */
public final class Wal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Wal.class);

    private final Closeable directoryLock;
    private final RecoveryReport report;
    private final LogState state;
    private final SegmentFiles files;
    private final GroupWriter writer;
    private final Intake intake;
    private final StructuralChanges changes;
    private final LogReader reader;
    private final Repair repair;
    private final Compactor compactor;
    private final @Nullable ExecutorService background; // null: inline
    private final @Nullable ScheduledExecutorService syncTimer;
    private final List<Scrub> scrubs = new CopyOnWriteArrayList<>();
    private @Nullable Scrub ownScrub; // set once, before anybody has the log

    private Wal(Storage storage, Closeable directoryLock, WalOptions options, Recovery.Recovered recovered) {
        this.directoryLock = directoryLock;
        this.report = recovered.report();
        boolean threads = options.backgroundWork() == BackgroundWork.THREADS;
        this.background = threads ? Executors.newSingleThreadExecutor(daemon("wal-background")) : null;
        this.state = new LogState(storage, options, recovered);
        this.files = new SegmentFiles(state, background);
        this.writer = new GroupWriter(state, files);
        this.intake = new Intake(state, files, writer);
        Replacement replacement = new Replacement(state, files);
        this.changes = new StructuralChanges(state, files, writer, replacement);
        this.reader = new LogReader(state, writer);
        this.repair = new Repair(state, changes, replacement);
        this.compactor = new Compactor(state, changes, reader);
        this.syncTimer = threads && options.durability() instanceof Durability.Interval
                ? Executors.newSingleThreadScheduledExecutor(daemon("wal-interval"))
                : null;
    }

    /** What fails here leaves a log that wants {@link #release}. */
    private void start(WalOptions options, Arena mappings) throws WalException {
        files.giveBack(mappings);
        LogThreads own = new LogThreads(state, files, writer, changes);
        if (background != null) {
            state.ownThreadRuns = true;
            Thread.ofPlatform().daemon().name("wal-sync").start(own::syncLoop);
        }
        if (syncTimer != null && options.durability() instanceof Durability.Interval(Duration period, long _)) {
            long nanos = TimeUnit.NANOSECONDS.convert(period);
            Future<?> _ = syncTimer.scheduleWithFixedDelay(own::syncByTimer, nanos, nanos, TimeUnit.NANOSECONDS);
        }
        if (background != null && options.scrubbing() instanceof Scrubbing.Every pace) {
            ownScrub = scrub(pace, finding -> {});
        }
        state.mutex.lock();
        try {
            files.prepareAhead();
        } finally {
            state.mutex.unlock();
        }
    }

    private static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().daemon().name(name).factory();
    }

    /** Opens, or makes, the log in a directory of the file system. */
    public static Wal open(Path directory, WalOptions options) throws WalException {
        try {
            return open(Backends.open(directory, options.pastPageCache(), options.backend()), options);
        } catch (WalException e) {
            throw e;
        } catch (IOException e) {
            throw WalIoException.cannotUse(directory, e);
        }
    }

    /** Opens, or makes, the log in a storage, which is the log's from now on: it closes it. */
    public static Wal open(Storage storage, WalOptions options) throws WalException {
        Closeable lock = null;
        Recovery.Recovered recovered = null;
        Wal wal = null;
        try {
            lock = storage.lock();
            recovered = new Recovery(storage, options).run();
            wal = new Wal(storage, lock, options, recovered);
            wal.start(options, recovered.mappings());
            options.observer().opened(wal);
            return wal;
        } catch (RuntimeException | Error e) { // nobody could give the directory free
            if (wal != null) {
                wal.releaseAfter(e);
            } else {
                if (recovered != null) {
                    recovered.segments().forEach(Segment::release);
                    recovered.mappings().close();
                }
                closeQuietly(lock, storage);
            }
            throw e;
        } catch (IOException e) {
            closeQuietly(lock, storage);
            throw switch (e) {
                case WalException typed -> typed;
                case StorageLockedException locked ->
                    new WalLockedException(
                            storage.describe()
                                    + (locked.byThisProcess()
                                            ? " is in use by this process: close that log, or use another directory"
                                            : " is in use by another process: stop it, or use another directory"),
                            locked);
                case StorageFullException full -> noRoomToOpen(storage, full);
                case UnknownOutcomeException unknown
                when unknown.getCause() instanceof StorageFullException full -> noRoomToOpen(storage, full);
                default -> new WalIoException("cannot open " + storage.describe() + ": " + e, e);
            };
        }
    }

    private static WalException noRoomToOpen(Storage storage, StorageFullException full) {
        return new WalStorageFullException("no room to open " + storage.describe() + ": " + full.getMessage(), full);
    }

    private static void closeQuietly(@Nullable Closeable lock, Storage storage) {
        try (storage) {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            LOG.debug("closing after a failed open", e);
        }
    }

    /** What the open found. */
    public RecoveryReport recoveryReport() {
        return report;
    }

    /**
     * Appends and waits until the batch is as durable as the policy says. The calling thread writes and syncs itself, for
     * all who wait, unless another one is just doing so.
     *
     * <p>A truncation, reset or adoption by another thread may take the record away again while this waits: the record was
     * durable before, and this returns as if it had come a little earlier.
     *
     * @return LSN of the first record; the others follow densely
     */
    public long append(Batch batch) throws WalException {
        return intake.append(batch);
    }

    /** Appends, and returns when the batch is as far as asked for, whatever the policy. */
    public long append(Batch batch, Acknowledge when) throws WalException {
        return switch (when) {
            case ENQUEUED -> intake.enqueue(batch);
            case WRITTEN -> intake.append(batch, false);
            case DURABLE -> intake.append(batch, true);
        };
    }

    /**
     * Gives a batch to the log and returns at once, as {@link #enqueue} does. The future has the LSN of the first record when the
     * batch is as far as asked for, or the exception that poisoned the log. It is completed, in the order of the log, by the thread
     * that wrote: what hangs on it is bound by the same rules as a {@link DurableListener}.
     */
    public CompletableFuture<Long> appendAsync(Batch batch, Acknowledge when) throws WalException {
        return switch (when) {
            case ENQUEUED -> CompletableFuture.completedFuture(intake.enqueue(batch));
            case WRITTEN -> intake.enqueue(batch, false);
            case DURABLE -> intake.enqueue(batch, true);
        };
    }

    /**
     * Gives a batch to the log and returns at once; it becomes durable soon, by the log's own thread or by whoever syncs.
     * Waits only when {@link WalOptions#maxBytesInFlight()} are waiting already.
     *
     * @return LSN of the first record; the others follow densely
     */
    public long enqueue(Batch batch) throws WalException {
        return intake.enqueue(batch);
    }

    /** Waits until an LSN is durable, syncing when nobody else does, whatever the policy; or until it has been, and was then cut away. */
    public void awaitDurable(long lsn) throws WalException {
        state.mutex.lock();
        try {
            if (lsn >= state.endLsn) {
                throw new WalRangeException(lsn, state.endLsn);
            }
            writer.awaitLocked(lsn, true);
        } finally {
            state.mutex.unlock();
        }
    }

    /** Waits until an LSN is as durable as {@link #append} would have made it. */
    public void awaitAppended(long lsn) throws WalException {
        state.mutex.lock();
        try {
            if (lsn >= state.endLsn) {
                throw new WalRangeException(lsn, state.endLsn);
            }
            writer.awaitAppended(lsn);
        } finally {
            state.mutex.unlock();
        }
    }

    /** Adds a listener; it hears of what becomes durable from now on. */
    public void addDurableListener(DurableListener listener) {
        state.listeners.add(Objects.requireNonNull(listener, "listener"));
    }

    /** First LSN that is there, or would be. */
    public long startLsn() {
        return state.startLsn;
    }

    /** The next LSN to be assigned. */
    public long endLsn() {
        return state.endLsn();
    }

    /** Every LSN below is durable. */
    public long durableLsn() {
        return state.durableLsn;
    }

    /** Reads and verifies one record, durable or not, of those below {@link #endLsn()}. */
    public WalRecord read(long lsn) throws WalException {
        return reader.read(lsn);
    }

    /** Reads the tag of a record without copying its payload. */
    public long tag(long lsn) throws WalException {
        return reader.tag(lsn);
    }

    /**
     * A cursor whose first record will be {@code fromLsn}, at most {@link #endLsn()}, or the first after it that a compaction has
     * kept.
     */
    public Cursor cursor(long fromLsn) throws WalException {
        return new LogCursor(reader, reader.checkFrom(fromLsn));
    }

    /**
     * A cursor that goes on behind lost holes, where {@link #cursor} fails with {@link WalGapException}, and says what is missing.
     *
     * @param skipped hears of each gap when the cursor has passed it; one that a compaction left may be told in pieces
     */
    public Cursor cursorOverGaps(long fromLsn, Consumer<Gap> skipped) throws WalException {
        return new GapCursor(reader, fromLsn, skipped);
    }

    /** A cursor that can wait for more. */
    public TailCursor tail(long fromLsn) throws WalException {
        return new LogCursor(reader, reader.checkFrom(fromLsn));
    }

    /**
     * Feeds the records from {@code fromLsn} up to {@code toLsn}, exclusive, several segments at once: each segment to a consumer
     * of its own, in one thread and in order. Segments are begun in order. Returns when all is done; appends go on beside it. The
     * first failure, of the log or of a consumer, stops all of it, and is thrown; so does an interrupt of the calling thread.
     *
     * @param threads how many of them work, at least 1; no more than there are segments
     * @param consumers makes the consumer of a segment, given the LSNs that it will get, in the thread that feeds it
     * @throws WalRangeException when {@code toLsn} is beyond what cursors read, or the log is cut below it meanwhile
     * @throws WalGapException when a lost hole lies between the two: nothing was fed. What was compacted away is passed over
     */
    public void replay(long fromLsn, long toLsn, int threads, Function<LsnRange, SegmentConsumer> consumers)
            throws WalException, InterruptedException {
        if (threads < 1) {
            throw new IllegalArgumentException("a replay needs a thread, not " + threads);
        }
        new Replay(reader, reader.pieces(reader.checkFrom(fromLsn), toLsn), consumers).run(threads);
    }

    /** Drops every LSN above {@code lsn}, durable or not. On return the cut is durable; after a crash it is done or not. */
    public void truncateAfter(long lsn) throws WalException {
        changes.truncateAfter(lsn);
    }

    /**
     * Makes {@code lsn} the start of the log and deletes the segments that lie below it. On return the new start is durable.
     *
     * @throws WalRangeException when {@code lsn} is beyond the durable end
     */
    public void trimBefore(long lsn) throws WalException {
        changes.trimBefore(lsn);
    }

    /** Bytes of the segment files that {@link #trimBefore} of that LSN would let go of: 0 when it would only move the start. */
    public long bytesBelow(long lsn) {
        return state.bytesBelow(lsn);
    }

    /** Drops everything; the next record gets {@code nextLsn}. Durable on return; after a crash it is done or not. */
    public void reset(long nextLsn) throws WalException {
        changes.reset(nextLsn);
    }

    /** Makes everything durable and begins a new segment, unless the active one is empty. */
    public void roll() throws WalException {
        changes.roll();
    }

    /**
     * Rolls, seals, and links every live segment into a directory that exists. The links are durable on return. When it
     * fails, the links that it made are taken back.
     */
    public Checkpoint checkpoint(Path targetDirectory) throws WalException {
        return changes.checkpoint(targetDirectory);
    }

    /**
     * Replaces the whole log by sealed segments from elsewhere, hard-linked or copied in, up to {@code newEndLsn} exclusive.
     * They are verified and synced before anything of the old log goes; after a crash the log is the old one or the new one.
     *
     * @throws WalCorruptException when the segments are not good; like any failure but a poisoning it leaves the log as it was
     */
    public void adopt(List<Path> segmentFiles, long newEndLsn) throws WalException {
        changes.adopt(segmentFiles, newEndLsn);
    }

    /**
     * Begins to verify the sealed segments again and again, in the background. It reads past the page cache where the file
     * system can.
     *
     * @param bytesPerSecond what it reads at most, above 0
     * @param listener hears of damage; the log is told, too
     * @return to be asked how far it has come, and to be closed; closing the log ends it
     */
    public Scrub scrub(long bytesPerSecond, ScrubListener listener) throws WalException {
        return scrub(new Scrubbing.Every(Duration.ZERO, bytesPerSecond), listener);
    }

    private Scrub scrub(Scrubbing.Every pace, ScrubListener listener) throws WalException {
        state.mutex.lock();
        try {
            if (state.closing || state.closed) {
                throw new WalClosedException("the log in " + state.storage.describe() + " is closed");
            }
            Scrub scrub = new Scrub(state, pace, listener);
            scrubs.removeIf(Scrub::hasEnded);
            scrubs.add(scrub);
            scrub.start();
            return scrub;
        } finally {
            state.mutex.unlock();
        }
    }

    /**
     * Puts good bytes back in the place of damaged ones, which a read or a scrub has found: each segment that holds one of the
     * LSNs is written anew, of what is good in it and of copies. Appends and reads go on beside that; who is reading the damaged
     * segment goes on with the good one at his next call. What stood there before stays as evidence, with a report beside it.
     * Durable on return; after a crash it is done or not, segment by segment.
     *
     * @param damaged as {@link WalCorruptException#ranges} or a finding of a scrub says; what of it is no part of the log is left out
     * @param copies a directory with copies of segments of this log, from a checkpoint or a backup, by the same rules as
     *     {@link io.walnut.wal.recovery.RecoveryPolicy#copies}; only read, and closed by whoever opened it
     * @throws WalCorruptException when they do not have all that is missing, with the ranges of which there is no copy: that segment
     *     is as it was
     */
    public void repair(LsnRange damaged, Storage copies) throws WalException {
        repair.run(damaged, copies);
    }

    /**
     * Takes records out of the sealed segments, and merges segments that have become small. Every other record keeps its LSN; to
     * read one that was taken out fails with {@link WalGapException}, and cursors pass over it. What a batch keeps of its records is
     * recovered whole or not at all, as before.
     *
     * <p>Works in the calling thread, for as long as it takes; appends, reads and changes go on beside it. One at a time: another
     * call waits. It goes from segment to segment (or from some that become one to the next), needs room for one at most, and each
     * step is durable before the next: after a crash it is done or not. When this fails, what was done before stays done,
     * and the log can be used. Closing the log ends it, and waits for that. A cursor that is in a segment meanwhile reads it as it was.
     *
     * <p>Copies of segments that were made before cannot {@linkplain io.walnut.wal.recovery.RecoveryPolicy#withCopies repair}
     * what a compaction has written: make a new {@link #checkpoint}.
     *
     * @param toLsn segments that reach beyond it, and those that are not sealed, stay as they are
     * @param filter says which records to keep
     * @param listener hears how far it has come, after each segment, in the calling thread; may wait, and may end it
     * @throws WalCorruptException when what it reads is damaged: that segment was left alone
     * @throws WalStorageFullException when there is no room for the segment that it was writing
     * @throws InterruptedException when the thread is interrupted
     * @throws java.util.concurrent.CancellationException when the listener says so
     */
    public Compaction compact(long toLsn, CompactionFilter filter, RecoveryListener listener)
            throws WalException, InterruptedException {
        return compactor.run(toLsn, filter, listener);
    }

    /** How durable writes reach the disk, and why so. */
    public BackendInUse backend() {
        return state.storage.backend();
    }

    /** Figures since the open. */
    public WalStats stats() {
        return state.stats(ownScrub == null ? ScrubCoverage.NONE : ownScrub.coverage());
    }

    /**
     * Makes everything durable, marks the directory as cleanly closed, and gives it free. Closing again does nothing but wait
     * until that is done.
     *
     * @throws IllegalStateException when called by an observer, or by a filter or listener of a compaction: it would wait for the
     *     call in which it is; nothing was done
     * @throws WalPoisonedException when the log was poisoned and not everything is durable; it is closed
     * @throws WalException when the mark could not be made; the log is closed, and the next open recovers it
     */
    @Override
    public void close() throws WalException {
        boolean observes = state.mutex.isHeldByCurrentThread();
        boolean poisoned;
        state.mutex.lock();
        try {
            if (observes || (compactor.isOfThisThread() && !state.listeners.iTell())) {
                throw new IllegalStateException("the log in " + state.storage.describe()
                        + " cannot be closed by its own observer, or by a filter or listener of its compaction:"
                        + " close it when that has returned");
            }
            if (state.closing) {
                while (!state.released && !state.listeners.iTell()) {
                    state.changed.awaitUninterruptibly();
                }
                return;
            }
            state.closing = true;
            poisoned = state.failure != null;
        } finally {
            state.mutex.unlock();
        }
        try {
            if (!poisoned) {
                changes.close();
            }
        } finally {
            release();
        }
        WalException cause = state.failure;
        if (cause != null && state.durableLsn < state.endLsn()) {
            throw new WalPoisonedException(
                    "closed " + state.storage.describe() + ", but of what was appended only the LSNs below "
                            + state.durableLsn + " are known to be durable, those up to " + state.endLsn()
                            + " (exclusive) may be lost: " + cause.getMessage(),
                    cause);
        }
    }

    /** What a poisoned log has still on its way must not come to the disk when somebody has opened the directory again. */
    private void awaitWriters() {
        state.mutex.lock();
        try {
            while ((state.writers > 0 || state.ownThreadRuns) && !state.listeners.iTell()) {
                state.changed.awaitUninterruptibly();
            }
        } finally {
            state.mutex.unlock();
        }
    }

    private void releaseAfter(Throwable failure) {
        try {
            release();
        } catch (WalException e) {
            failure.addSuppressed(e);
        }
    }

    private void release() throws WalException {
        state.mutex.lock();
        try {
            state.closed = true;
            state.changed.signalAll();
            state.work.signalAll();
        } finally {
            state.mutex.unlock();
        }
        if (syncTimer != null) {
            syncTimer.shutdown();
        }
        if (background != null) {
            background.shutdown();
            if (!state.listeners.iTell()) { // else this may be the background's own thread
                background.close();
            }
        }
        awaitWriters();
        scrubs.forEach(Scrub::close);
        repair.close();
        compactor.close();
        state.compressor.close();
        state.segments.forEach(Segment::release);
        try (state.storage;
                directoryLock) {
            if (state.prepared != null) {
                state.prepared.file().close();
            }
        } catch (IOException e) {
            throw new WalIoException("closing " + state.storage.describe() + " failed: " + e, e);
        } finally {
            state.mutex.lock();
            try {
                state.released = true;
                state.changed.signalAll();
            } finally {
                state.mutex.unlock();
            }
        }
    }
}
