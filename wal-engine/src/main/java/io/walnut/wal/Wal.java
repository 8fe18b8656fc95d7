package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.io.StorageInterruptedException;
import io.walnut.wal.io.StorageLockedException;
import io.walnut.wal.io.UnknownOutcomeException;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A durable log of opaque records in one directory.
 *
 * <p>Records get dense numbers, LSNs. Ends are exclusive throughout: {@link #endLsn()} is the next LSN to be assigned, and
 * every LSN below {@link #durableLsn()} is durable. Safe for use by many threads.
 *
 * <p>Group sync: batches gather in one buffer while whoever leads writes and syncs the other. Nobody leads by office: who waits
 * for durability and finds no leader leads one write, for all whose batches are in it.
 */
public final class Wal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Wal.class);
    private static final int SYNC_ATTEMPTS_WHEN_INTERRUPTED = 100;
    private static final long RETRY_NANOS = 500_000_000;
    private static final long AGE_CHECK_NANOS = 1_000_000_000;

    private final Storage storage;
    private final Closeable directoryLock;
    private final WalOptions options;
    private final UUID log;
    private final RecoveryReport report;
    private final @Nullable ExecutorService background; // null: inline
    private final @Nullable ScheduledExecutorService syncTimer;

    private final ReentrantLock mutex = new ReentrantLock();
    private final Condition changed = mutex.newCondition();
    private final Condition work = mutex.newCondition();
    private final Listeners listeners = new Listeners(mutex, changed);

    // Guarded by mutex.
    private GatherBuffer gathering;
    private GatherBuffer spare;
    private long endLsn;
    private long unsyncedBytes; // written since the last sync
    private boolean leading;
    private boolean quiescing; // appends wait: a change of the segments is about to begin
    private int tasks; // given to the background and not done
    private boolean closing;
    private boolean closed;
    private boolean released;
    private @Nullable Segment active;
    private long position; // where the next write goes; bytes in flight are counted already
    private @Nullable Prepared prepared;
    private boolean preparing;
    private boolean sealingBehind; // a full disk kept segments from being sealed or listed
    private @Nullable IOException prepareFailure;
    private long nextSegmentId;
    private @Nullable WalException failure;

    // Written under mutex, read by all.
    private volatile long startLsn;
    private volatile long writtenLsn;
    private volatile long durableLsn;
    private final AtomicInteger cuts = new AtomicInteger(); // how often LSNs that were assigned have been taken back
    private volatile List<Segment> segments; // in order of LSNs; a sealed prefix, then at most two that are not

    // Statistics, guarded by mutex.
    private long recordsAppended;
    private long batchesAppended;
    private long bytesWritten;
    private long writes;
    private long syncs;
    private long syncNanos;
    private long writeNanos;
    private long rolls;
    private long rollWaits;
    private long backPressureWaits;
    private long activeSinceNanos;

    private record Prepared(long id, StorageFile file) {}

    private Wal(Storage storage, Closeable directoryLock, WalOptions options, Recovery.Recovered recovered) {
        this.storage = storage;
        this.directoryLock = directoryLock;
        this.options = options;
        this.log = recovered.log();
        this.report = recovered.report();
        int half = (int) Math.min(options.maxBytesInFlight() / 2, options.segmentBytes() - SegmentHeader.BYTES);
        this.gathering = new GatherBuffer(half);
        this.spare = new GatherBuffer(half);
        this.startLsn = recovered.startLsn();
        this.endLsn = recovered.endLsn();
        this.writtenLsn = endLsn;
        this.durableLsn = endLsn;
        this.segments = List.copyOf(recovered.segments());
        this.nextSegmentId = recovered.nextSegmentId();
        if (options.backgroundWork() == BackgroundWork.THREADS) {
            background = Executors.newSingleThreadExecutor(daemon("wal-background"));
            Thread.ofPlatform().daemon().name("wal-sync").start(this::syncLoop);
        } else {
            background = null;
        }
        if (options.durability() instanceof Durability.Interval(Duration period, long bytes) && background != null) {
            syncTimer = Executors.newSingleThreadScheduledExecutor(daemon("wal-interval"));
            Future<?> _ = syncTimer.scheduleWithFixedDelay(
                    this::syncByTimer, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
        } else {
            syncTimer = null;
        }
    }

    private static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().daemon().name(name).factory();
    }

    /** Opens, or makes, the log in a directory of the file system. */
    public static Wal open(Path directory, WalOptions options) throws WalException {
        try {
            return open(FileChannelStorage.at(directory), options);
        } catch (WalException e) {
            throw e;
        } catch (IOException e) {
            throw new WalIoException("cannot use " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Opens, or makes, the log in a storage, which is the log's from now on: it closes it. */
    public static Wal open(Storage storage, WalOptions options) throws WalException {
        Closeable lock = null;
        try {
            lock = storage.lock();
            Recovery.Recovered recovered = new Recovery(storage, options).run();
            Wal wal = new Wal(storage, lock, options, recovered);
            wal.mutex.lock();
            try {
                wal.prepareAhead();
            } finally {
                wal.mutex.unlock();
            }
            return wal;
        } catch (IOException e) {
            closeQuietly(lock, storage);
            throw switch (e) {
                case WalException typed -> typed;
                case StorageLockedException locked ->
                    new WalLockedException(
                            storage.describe() + " is in use by another process: stop it, or use another directory",
                            locked);
                case StorageFullException full ->
                    new WalStorageFullException(
                            "no room to open " + storage.describe() + ": " + full.getMessage(), full);
                default -> new WalIoException("cannot open " + storage.describe() + ": " + e, e);
            };
        }
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
     * @return LSN of the first record; the others follow densely
     */
    public long append(Batch batch) throws WalException {
        mutex.lock();
        try {
            long lsn = gather(batch);
            awaitLocked(lsn + batch.count() - 1, options.durability() instanceof Durability.Sync);
            return lsn;
        } finally {
            mutex.unlock();
        }
    }

    /**
     * Gives a batch to the log and returns at once; it becomes durable soon, by the log's own thread or by whoever syncs.
     * Waits only when {@link WalOptions#maxBytesInFlight()} are waiting already.
     *
     * @return LSN of the first record; the others follow densely
     */
    public long enqueue(Batch batch) throws WalException {
        mutex.lock();
        try {
            long lsn = gather(batch);
            work.signal();
            return lsn;
        } finally {
            mutex.unlock();
        }
    }

    /** Waits until an LSN is durable, syncing when nobody else does, whatever the policy. */
    public void awaitDurable(long lsn) throws WalException {
        mutex.lock();
        try {
            if (lsn >= endLsn) {
                throw new WalRangeException(lsn, endLsn);
            }
            awaitLocked(lsn, true);
        } finally {
            mutex.unlock();
        }
    }

    /** Puts a batch into the buffer and gives it its LSNs; waits for room in the buffer and in the segments. */
    private long gather(Batch batch) throws WalException {
        if (batch.count() == 0) {
            throw new IllegalArgumentException("an empty batch cannot be appended");
        }
        if (batch.encodedBytes() > options.maxBatchBytes()) {
            throw new BatchTooLargeException(batch.encodedBytes(), options.maxBatchBytes());
        }
        checkOpen();
        while (quiescing || !gathering.fits(batch.encodedBytes()) || !hasRoom(batch.encodedBytes())) {
            backPressureWaits++;
            leadOrWait(false);
            checkOpen();
        }
        long lsn = endLsn;
        gathering.add(batch, lsn);
        endLsn += batch.count();
        recordsAppended += batch.count();
        batchesAppended++;
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
            long bytes = gathering.paddedWith(encodedBytes);
            if (active != null && position + bytes <= options.segmentBytes()) {
                return gathering.fits(encodedBytes);
            }
            if (SegmentHeader.BYTES + bytes > options.segmentBytes() && !gathering.isEmpty()) {
                return false; // goes out by itself first
            }
            if (prepared != null) {
                return gathering.fits(encodedBytes);
            }
            if (preparing) {
                changed.awaitUninterruptibly();
            } else if (!tried) {
                tried = true; // an earlier attempt may have failed long ago
                rollWaits++;
                prepareAhead();
            } else {
                throw cannotPrepare();
            }
            checkOpen();
            if (quiescing) {
                return false;
            }
        }
    }

    private WalException cannotPrepare() {
        IOException cause = Objects.requireNonNull(prepareFailure);
        return cause instanceof StorageFullException
                ? new WalStorageFullException(
                        "no room for the next segment of " + options.segmentBytes() + " bytes in " + storage.describe()
                                + "; the batch was not appended: free space and append again",
                        cause)
                : new WalIoException(
                        "cannot prepare a segment in " + storage.describe() + ": " + cause
                                + "; the batch was not appended",
                        cause);
    }

    private void awaitLocked(long lsn, boolean durably) throws WalException {
        while ((durably ? durableLsn : writtenLsn) <= lsn) {
            checkOpen();
            leadOrWait(durably);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // every caller loops over what it waits for
    private void leadOrWait(boolean durably) throws WalException {
        if (leading) {
            changed.awaitUninterruptibly();
        } else {
            leading = true;
            try {
                writeGroup(durably || isSyncDue());
            } finally {
                stopLeading();
                tell();
            }
        }
    }

    /** Whether the policy wants the write that is about to begin to be synced. */
    private boolean isSyncDue() {
        return switch (options.durability()) {
            case Durability.Sync() -> true;
            case Durability.Interval(Duration _, long bytes) -> unsyncedBytes + gathering.padded() >= bytes;
            case Durability.Os() -> false;
        };
    }

    private void stopLeading() {
        leading = false;
        changed.signalAll();
        if (!gathering.isEmpty()) {
            work.signal();
        }
    }

    private void checkOpen() throws WalException {
        if (failure != null) {
            throw new WalPoisonedException(
                    "the log in " + storage.describe() + " takes no more writes: " + failure.getMessage(), failure);
        }
        if (closed) {
            throw new WalClosedException("the log in " + storage.describe() + " is closed");
        }
    }

    private void syncLoop() {
        mutex.lock();
        try {
            while (!closed && failure == null) {
                if (!gathering.isEmpty() && !leading) {
                    leadOrWait(false);
                } else if (sealingBehind || prepareFailure != null) {
                    retryAfter(RETRY_NANOS);
                } else if (ages()) {
                    rollIfOld();
                } else {
                    work.awaitUninterruptibly();
                }
            }
        } catch (WalException e) {
            LOG.debug("the sync thread ends: {}", e.getMessage());
        } finally {
            mutex.unlock();
        }
    }

    /** What a full disk has kept the background from doing; space may be back. */
    @SuppressWarnings("WaitNotInLoop") // the caller loops
    private void retryAfter(long nanos) {
        try {
            if (work.awaitNanos(nanos) > 0 || closed || failure != null || tasks > 0) {
                return;
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the log's own thread", e);
        }
        if (sealingBehind) {
            runInBackground(this::sealFull);
        }
        prepareAhead();
    }

    private void syncByTimer() {
        mutex.lock();
        try {
            if (!closed && failure == null && durableLsn < endLsn) {
                awaitLocked(endLsn - 1, true);
            }
        } catch (WalException e) {
            LOG.debug("a sync by time failed: {}", e.getMessage());
        } finally {
            mutex.unlock();
        }
    }

    /** Writes what has gathered. Called by the leader with the mutex, which is released during the I/O. */
    private void writeGroup(boolean sync) throws WalException {
        GatherBuffer group = gathering;
        boolean empty = group.isEmpty();
        long groupBytes = empty ? 0 : group.padded();
        Segment full = null;
        boolean begun = false;
        if (!empty && (active == null || position + groupBytes > options.segmentBytes() || tooOld())) {
            full = active;
            begun = true;
            if (prepared == null) {
                throw new IllegalStateException("no segment is prepared");
            }
            int salt = options.salts().getAsInt();
            active = new Segment(
                    prepared.id, writtenLsn, salt, prepared.file, FrameIndex.EMPTY, writtenLsn, SegmentHeader.BYTES);
            prepared = null;
            position = SegmentHeader.BYTES;
            activeSinceNanos = options.nanoClock().getAsLong();
            rolls++;
            var all = new ArrayList<>(segments);
            all.add(active);
            segments = List.copyOf(all);
        }
        Segment segment = active;
        if (segment == null) {
            return; // nothing was ever written, and nothing is waiting
        }
        long at = position;
        position += groupBytes;
        long end = endLsn;
        long durable = durableLsn;
        gathering = spare;
        spare = group;
        boolean syncFull = full != null && durableLsn < writtenLsn;
        mutex.unlock();
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
        } catch (IOException | RuntimeException | VirtualMachineError | LinkageError e) {
            defect = e instanceof Error thrown ? thrown : null;
            error = new WalPoisonedException(
                    "writing " + Segment.name(segment.id()) + " in " + storage.describe() + " failed: " + e
                            + "; close the log and open it again",
                    e);
        } finally {
            mutex.lock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (error != null) {
            poison(error);
            if (defect != null) {
                throw defect;
            }
            throw error;
        }
        bytesWritten += groupBytes;
        writes += empty ? 0 : 1;
        syncs += sync ? 1 : 0;
        writeNanos += writeTime;
        syncNanos += syncTime;
        group.clear();
        if (!empty) {
            segment.publish(index, end, at + groupBytes);
            writtenLsn = end;
        }
        if (sync) {
            durableLsn = Math.max(durableLsn, empty ? writtenLsn : end);
            unsyncedBytes = 0;
        } else if (syncFull) {
            durableLsn = Math.max(durableLsn, segment.baseLsn());
            unsyncedBytes = groupBytes;
        } else {
            unsyncedBytes += groupBytes;
        }
        if (full != null) {
            runInBackground(this::sealFull);
        }
        if (begun) {
            prepareAhead();
        }
    }

    /** Whether the active segment holds records and gets old. */
    private boolean ages() {
        return active != null && !options.segmentAge().isZero() && active.endLsn() > active.baseLsn();
    }

    private long nanosToLive() {
        return options.segmentAge().toNanos() - (options.nanoClock().getAsLong() - activeSinceNanos);
    }

    /** Whether the write that is about to begin goes to the next segment because of the age of this one. */
    private boolean tooOld() {
        return ages() && prepared != null && nanosToLive() <= 0;
    }

    /** Waits for the active segment to get old, and rolls it; returns early when there is other work. */
    @SuppressWarnings("WaitNotInLoop") // the caller loops
    private void rollIfOld() throws WalException {
        try {
            long nanos = nanosToLive();
            if (nanos > 0) {
                long left = work.awaitNanos(Math.min(nanos, AGE_CHECK_NANOS));
                LOG.trace("{} ns left of a wait", left);
                return;
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the log's own thread", e);
            return;
        }
        mutex.unlock();
        try {
            exclusively("a roll by age", () -> {
                if (ages() && nanosToLive() <= 0) {
                    sealAndList();
                }
            });
        } catch (WalException e) {
            LOG.warn("a roll by age: {}", e.getMessage());
        } finally {
            mutex.lock();
        }
        if (ages() && nanosToLive() <= 0) {
            sealingBehind = true; // it is tried again, and not at once
        }
    }

    private void write(Segment segment, GatherBuffer group, long at) throws IOException {
        if (at == SegmentHeader.BYTES) {
            segment.file()
                    .write(
                            group.withHeader(new SegmentHeader(
                                    log, segment.id(), segment.baseLsn(), segment.salt(), options.segmentBytes())),
                            0);
        } else {
            segment.file().write(group.withoutHeader(), at);
        }
    }

    /** Called with the mutex; the caller lets {@link #tell} follow when it leads no more. */
    private void poison(WalException error) {
        if (failure == null) {
            failure = error;
            LOG.error("log poisoned: {}", error.getMessage());
        }
        changed.signalAll();
        work.signalAll();
    }

    /** Called with the mutex, which is not held while listeners hear, by a thread that does not lead. */
    private void tell() {
        listeners.tell(() -> durableLsn, () -> failure);
    }

    /** Called with the mutex, which is not held while the task runs. */
    private void runInBackground(Runnable task) {
        tasks++;
        if (background == null) {
            mutex.unlock();
            try {
                task.run();
            } finally {
                mutex.lock();
                endTask();
            }
        } else {
            background.execute(() -> {
                try {
                    task.run();
                } finally {
                    mutex.lock();
                    try {
                        endTask();
                    } finally {
                        mutex.unlock();
                    }
                }
            });
        }
    }

    private void endTask() {
        tasks--;
        changed.signalAll();
        work.signal(); // it may have failed, to be tried again
    }

    /** Makes the next segment ready: zero-filled, synced, its entry durable. Called with the mutex. */
    private void prepareAhead() {
        if (prepared != null || preparing || closed) {
            return;
        }
        preparing = true;
        long id = nextSegmentId;
        if (sealingBehind) {
            runInBackground(this::sealFull);
        }
        runInBackground(() -> prepare(id));
    }

    private void prepare(long id) {
        StorageFile file = null;
        IOException error = null;
        try {
            file = makeSegmentFile(Segment.name(id));
        } catch (IOException e) {
            error = e;
        } catch (RuntimeException | OutOfMemoryError e) {
            error = new IOException("preparing a segment failed: " + e, e);
        } finally {
            mutex.lock();
            try {
                preparing = false;
                prepareFailure = error;
                if (file != null) {
                    prepared = new Prepared(id, file);
                    // Used up only now: a file with a higher id says that those below were made in full.
                    nextSegmentId++;
                }
                changed.signalAll();
            } finally {
                mutex.unlock();
            }
        }
    }

    private StorageFile makeSegmentFile(String name) throws IOException {
        if (storage.exists(name)) {
            storage.delete(name); // an attempt that failed
        }
        StorageFile file = storage.create(name);
        try {
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(1 << 20, options.segmentBytes()));
            for (long at = 0; at < options.segmentBytes(); at += zeros.capacity()) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), options.segmentBytes() - at));
                file.write(zeros, at);
            }
            file.sync();
            storage.syncDirectory();
            return file;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            try (file) {
                storage.delete(name);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /**
     * Seals the segments that are full, and lists them. Runs in the background, one at a time. A full disk does no harm: they
     * stay as they are, and it is tried again with the next roll, the next preparation and by the log's thread.
     */
    private void sealFull() {
        List<Segment> full;
        mutex.lock();
        try {
            full = segments.stream()
                    .filter(segment -> segment != active && !segment.sealed())
                    .toList();
        } finally {
            mutex.unlock();
        }
        WalException error = null;
        boolean behind = false;
        try {
            for (Segment segment : full) {
                segment.seal();
            }
            Manifest manifest;
            mutex.lock();
            try {
                manifest = manifest(segments, startLsn, writtenLsn, nextFileId());
            } finally {
                mutex.unlock();
            }
            write(manifest);
        } catch (StorageFullException e) {
            behind = true;
            LOG.warn("no room to seal segments in {}, will try again: {}", storage.describe(), e.getMessage());
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            error = new WalPoisonedException(
                    "sealing segments in " + storage.describe() + " failed: " + e + "; close the log and open it again",
                    e);
        }
        mutex.lock();
        try {
            sealingBehind = behind;
            if (error != null) {
                poison(error);
                if (!leading) {
                    tell(); // else the leader does when it has stopped
                }
            }
        } finally {
            mutex.unlock();
        }
    }

    /** What is to be listed: segments up to the first that is not sealed. Called with the mutex. */
    private Manifest manifest(List<Segment> all, long start, long end, long nextFileId) {
        var entries = new ArrayList<Manifest.Entry>();
        long tailId = nextFileId;
        long tailLsn = end;
        for (Segment segment : all) {
            if (!segment.sealed()) {
                tailId = segment.id();
                tailLsn = segment.baseLsn();
                break;
            }
            entries.add(new Manifest.Entry(
                    segment.id(), segment.baseLsn(), Math.min(segment.endLsn(), end), segment.salt()));
        }
        return new Manifest(log, start, tailId, tailLsn, entries);
    }

    /** Id of the file in which the next segment begins. Called with the mutex. */
    private long nextFileId() {
        return prepared != null ? prepared.id : nextSegmentId;
    }

    /** Never by two threads at once: the background does it, or who has excluded it. */
    private void write(Manifest manifest) throws IOException {
        SmallFiles.replace(storage, Manifest.TEMPORARY_NAME, Manifest.NAME, manifest.encode());
    }

    /** Adds a listener; it hears of what becomes durable from now on. */
    public void addDurableListener(DurableListener listener) {
        listeners.add(listener);
    }

    /** First LSN that is there, or would be. */
    public long startLsn() {
        return startLsn;
    }

    /** The next LSN to be assigned. */
    public long endLsn() {
        mutex.lock();
        try {
            return endLsn;
        } finally {
            mutex.unlock();
        }
    }

    /** Every LSN below is durable. */
    public long durableLsn() {
        return durableLsn;
    }

    /** A copy of a frame is good for as long as this stays the same. Read it before the frame. */
    int cuts() {
        return cuts.get();
    }

    /** Up to where cursors go. */
    long readableLsn() {
        return options.durability() instanceof Durability.Sync ? durableLsn : writtenLsn;
    }

    /** Reads and verifies one record, durable or not, of those below {@link #endLsn()}. */
    public WalRecord read(long lsn) throws WalException {
        ByteBuffer frame = frameCopy(lsn).bytes();
        int record = FrameFormat.recordAt(frame, 0, Math.toIntExact(lsn - FrameFormat.firstLsn(frame, 0)));
        return new WalRecord(
                lsn,
                FrameFormat.tag(frame, record),
                FrameFormat.payload(frame, record).asReadOnlyBuffer());
    }

    /** Reads the tag of a record without copying its payload. */
    public long tag(long lsn) throws WalException {
        Segment segment = retain(lsn);
        try {
            ByteBuffer frame = frame(segment, lsn);
            int record = FrameFormat.recordAt(frame, 0, Math.toIntExact(lsn - FrameFormat.firstLsn(frame, 0)));
            return FrameFormat.tag(frame, record);
        } finally {
            segment.release();
        }
    }

    /** A verified frame on the heap. Records from {@code endLsn} on were truncated: the frame has them, the log has not. */
    record FrameCopy(ByteBuffer bytes, long endLsn) {}

    FrameCopy frameCopy(long lsn) throws WalException {
        Segment segment = retain(lsn);
        try {
            ByteBuffer frame = frame(segment, lsn);
            ByteBuffer copy = ByteBuffer.allocate(frame.limit()).order(ByteOrder.LITTLE_ENDIAN);
            copy.put(0, frame, 0, frame.limit());
            long end = FrameFormat.firstLsn(copy, 0) + FrameFormat.count(copy, 0);
            return new FrameCopy(copy, Math.min(end, segment.endLsn()));
        } finally {
            segment.release();
        }
    }

    private ByteBuffer frame(Segment segment, long lsn) throws WalException {
        try {
            return segment.frame(lsn);
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(
                    "LSN " + lsn + " in " + Segment.name(segment.id()) + " of " + storage.describe() + " is corrupt: "
                            + e.getMessage(),
                    new LsnRange(lsn, lsn + 1),
                    e);
        } catch (IOException e) {
            throw new WalIoException("cannot read LSN " + lsn + " from " + Segment.name(segment.id()) + ": " + e, e);
        }
    }

    private Segment retain(long lsn) throws WalException {
        if (lsn >= writtenLsn) {
            mutex.lock();
            try {
                if (lsn >= endLsn) {
                    throw new WalRangeException(lsn, endLsn);
                }
                awaitLocked(lsn, false);
            } finally {
                mutex.unlock();
            }
        }
        while (true) {
            if (lsn < startLsn) {
                throw new WalTrimmedException(lsn, startLsn);
            }
            Segment segment = find(segments, lsn);
            if (segment == null) {
                checkClosedForReading();
                throw new WalRangeException(lsn, writtenLsn);
            }
            if (segment.retain()) {
                return segment;
            }
            checkClosedForReading();
        }
    }

    private void checkClosedForReading() throws WalException {
        mutex.lock();
        try {
            if (closed) {
                throw new WalClosedException("the log in " + storage.describe() + " is closed");
            }
        } finally {
            mutex.unlock();
        }
    }

    private static @Nullable Segment find(List<Segment> all, long lsn) {
        int low = 0;
        int high = all.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (all.get(middle).endLsn() <= lsn) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < all.size() && all.get(low).baseLsn() <= lsn ? all.get(low) : null;
    }

    /** A cursor whose first record will be {@code fromLsn}, at most {@link #endLsn()}. */
    public Cursor cursor(long fromLsn) throws WalException {
        return new LogCursor(this, checkFrom(fromLsn));
    }

    /** A cursor that can wait for more. */
    public TailCursor tail(long fromLsn) throws WalException {
        return new LogCursor(this, checkFrom(fromLsn));
    }

    private long checkFrom(long fromLsn) throws WalException {
        if (fromLsn < startLsn) {
            throw new WalTrimmedException(fromLsn, startLsn);
        }
        if (fromLsn > endLsn()) {
            throw new WalRangeException(fromLsn, endLsn());
        }
        return fromLsn;
    }

    /** Waits until cursors may go to {@code lsn}; false when that takes too long. */
    boolean awaitReadable(long lsn, Duration timeout) throws WalException, InterruptedException {
        long nanos = timeout.toNanos();
        mutex.lockInterruptibly();
        try {
            while (readableLsn() <= lsn) {
                if (closed) {
                    throw new WalClosedException("the log in " + storage.describe() + " is closed");
                }
                if (nanos <= 0) {
                    return false;
                }
                nanos = changed.awaitNanos(nanos);
            }
            return true;
        } finally {
            mutex.unlock();
        }
    }

    private interface Structural {
        void run() throws IOException;
    }

    /**
     * Runs a change of the segments with nothing in flight, nobody leading, and the background at rest. The mutex is held
     * throughout. A change that fails has changed nothing, but for a segment that it may have sealed, unless it throws
     * {@link UnknownOutcomeException}.
     */
    private void exclusively(String what, Structural change) throws WalException {
        mutex.lock();
        try {
            quiesce();
            leading = true;
            try {
                change.run();
            } catch (WalException e) {
                throw e;
            } catch (UnknownOutcomeException | RuntimeException e) {
                WalException error = new WalPoisonedException(
                        what + " in " + storage.describe() + " failed: " + e + "; close the log and open it again", e);
                poison(error);
                throw error;
            } catch (StorageFullException e) {
                throw new WalStorageFullException(
                        what + " in " + storage.describe() + " found no room; the log is as it was: " + e.getMessage(),
                        e);
            } catch (IOException e) {
                throw new WalIoException(what + " in " + storage.describe() + " failed; the log is as it was: " + e, e);
            } finally {
                stopLeading();
                tell();
            }
        } finally {
            mutex.unlock();
        }
    }

    /** Waits and writes until everything is durable and nothing is under way. */
    private void quiesce() throws WalException {
        while (true) {
            checkOpen();
            if (leading || tasks > 0 || listeners.someoneElseTells()) {
                changed.awaitUninterruptibly();
            } else if (durableLsn < endLsn) {
                quiescing = true; // or appends could keep us from ever being done
                try {
                    leadOrWait(true);
                } finally {
                    quiescing = false;
                }
            } else {
                return;
            }
        }
    }

    /** Seals what is not sealed yet, so that the next write begins another segment. Within {@link #exclusively}. */
    private void sealAll(List<Segment> wanted) throws IOException {
        for (Segment segment : wanted) {
            if (!segment.sealed()) {
                segment.seal();
                sealingBehind = true; // until it is listed
            }
            if (segment == active) {
                active = null;
                position = 0;
            }
        }
    }

    /** Drops every LSN above {@code lsn}, durable or not. On return the cut is durable; after a crash it is done or not. */
    public void truncateAfter(long lsn) throws WalException {
        exclusively("truncating", () -> {
            long end = lsn + 1;
            if (end >= endLsn) {
                return;
            }
            if (end < startLsn) {
                throw new WalTrimmedException(lsn, startLsn);
            }
            var kept = new ArrayList<Segment>();
            var dropped = new ArrayList<Segment>();
            for (Segment segment : segments) {
                (segment.baseLsn() < end ? kept : dropped).add(segment);
            }
            sealAll(kept); // whole, so that the log can go on should the manifest fail; the manifest says where it ends
            replaceSegments(kept, dropped, startLsn, end, nextFileId());
        });
    }

    /** Makes the list durable; only then it counts, and the files of what was dropped go. */
    private void replaceSegments(List<Segment> kept, List<Segment> dropped, long start, long end, long tailId)
            throws IOException {
        boolean cut = end < durableLsn;
        write(manifest(kept, start, end, tailId));
        if (!kept.isEmpty()) {
            kept.getLast().cut(end);
        }
        sealingBehind = false;
        cuts.incrementAndGet(); // before an LSN can be assigned again
        segments = List.copyOf(kept);
        active = null;
        position = 0;
        startLsn = start;
        endLsn = end;
        writtenLsn = end;
        durableLsn = end;
        if (cut) {
            listeners.durableLsnFell(end);
        } else {
            listeners.durableLsnJumped(end);
        }
        delete(dropped);
    }

    /** Files of segments that are listed no more. What cannot be deleted now, the next open deletes. */
    private void delete(List<Segment> dropped) throws IOException {
        for (Segment segment : dropped) {
            segment.release();
            deleteFile(Segment.name(segment.id()));
        }
        if (!dropped.isEmpty()) {
            try {
                storage.syncDirectory();
            } catch (IOException e) {
                throw new UnknownOutcomeException("sync of the directory failed: " + e, e);
            }
        }
    }

    private void deleteFile(String name) {
        try {
            storage.delete(name);
        } catch (IOException e) {
            LOG.warn("{} in {} is of no use any more and cannot be deleted", name, storage.describe(), e);
        }
    }

    /**
     * Makes {@code lsn} the start of the log and deletes the segments that lie below it. On return the new start is durable.
     *
     * @throws WalRangeException when {@code lsn} is behind the durable end
     */
    public void trimBefore(long lsn) throws WalException {
        exclusively("trimming", () -> {
            if (lsn <= startLsn) {
                return;
            }
            if (lsn > durableLsn) {
                throw new WalRangeException(lsn, durableLsn);
            }
            var kept = new ArrayList<Segment>();
            var dropped = new ArrayList<Segment>();
            for (Segment segment : segments) {
                (segment.endLsn() > lsn || !segment.sealed() ? kept : dropped).add(segment);
            }
            write(manifest(kept, lsn, endLsn, nextFileId()));
            startLsn = lsn;
            segments = List.copyOf(kept);
            delete(dropped);
        });
    }

    /** Drops everything; the next record gets {@code nextLsn}. Durable on return; after a crash it is done or not. */
    public void reset(long nextLsn) throws WalException {
        if (nextLsn < 0) {
            throw new IllegalArgumentException("negative LSN " + nextLsn);
        }
        exclusively("a reset", () -> replaceSegments(List.of(), List.copyOf(segments), nextLsn, nextLsn, nextFileId()));
    }

    /** Makes everything durable and begins a new segment, unless the active one is empty. */
    public void roll() throws WalException {
        exclusively("a roll", this::sealAndList);
    }

    private void sealAndList() throws IOException {
        if (active != null || sealingBehind) {
            sealAll(segments);
            write(manifest(segments, startLsn, endLsn, nextFileId()));
            sealingBehind = false;
        }
    }

    /**
     * Rolls, seals, and links every live segment into a directory that exists. The links are durable on return. When it
     * fails, the links that it made are taken back.
     */
    public Checkpoint checkpoint(Path targetDirectory) throws WalException {
        var linked = new ArrayList<Checkpoint.CheckpointSegment>();
        long[] ends = new long[2];
        exclusively("a checkpoint", () -> {
            sealAndList();
            try {
                for (Segment segment : segments) {
                    String name = Segment.name(segment.id());
                    Path target = targetDirectory.resolve(name);
                    long bytes = segment.file().length();
                    storage.linkOut(name, target);
                    linked.add(new Checkpoint.CheckpointSegment(target, segment.baseLsn(), segment.endLsn(), bytes));
                }
                storage.syncOutside(targetDirectory);
            } catch (IOException | RuntimeException e) {
                linked.forEach(link -> takeBack(link.path(), e));
                throw e;
            }
            ends[0] = startLsn;
            ends[1] = endLsn;
        });
        return new Checkpoint(ends[0], ends[1], linked);
    }

    private void takeBack(Path link, Exception reason) {
        try {
            storage.deleteOutside(link);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Replaces the whole log by sealed segments from elsewhere, hard-linked or copied in, up to {@code endLsn} exclusive.
     * They are verified before anything of the old log goes; after a crash the log is the old one or the new one.
     *
     * @throws WalCorruptException when the segments are not good; like any failure but a poisoning it leaves the log as it was
     */
    public void adopt(List<Path> segmentFiles, long newEndLsn) throws WalException {
        exclusively("an adoption", () -> {
            var adopted = new ArrayList<Segment>();
            var names = new ArrayList<String>();
            try {
                linkIn(segmentFiles, newEndLsn, names, adopted);
                var kept = new ArrayList<Segment>(adopted);
                var dropped = new ArrayList<Segment>(segments);
                while (kept.getLast().baseLsn() >= newEndLsn) {
                    dropped.add(kept.removeLast());
                }
                // The prepared file has a lower id than the adopted ones, so it cannot be the tail any more.
                replaceSegments(kept, dropped, kept.getFirst().baseLsn(), newEndLsn, nextSegmentId);
            } catch (UnknownOutcomeException e) {
                throw e;
            } catch (IOException e) {
                adopted.forEach(Segment::release);
                names.forEach(name -> SmallFiles.deleteIfThere(storage, name, e));
                throw e;
            }
            dropPrepared();
            prepareAhead();
        });
    }

    private void linkIn(List<Path> segmentFiles, long newEndLsn, List<String> names, List<Segment> adopted)
            throws IOException {
        try {
            for (Path path : segmentFiles) {
                long id = nextSegmentId++;
                storage.linkIn(path, Segment.name(id));
                names.add(Segment.name(id));
                adopted.add(openForeign(id, path));
            }
            storage.syncDirectory();
            checkAdopted(adopted, newEndLsn);
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(
                    "the segments to adopt are not good: " + e.getMessage() + "; the log is as it was",
                    new LsnRange(0, 0),
                    e);
        } catch (NewerVersionException e) {
            throw new UnsupportedVersionException(
                    "the segments to adopt are of a newer version: " + e.getMessage() + "; the log is as it was", e);
        }
    }

    private void dropPrepared() {
        Prepared dropped = prepared;
        if (dropped != null) {
            prepared = null;
            try {
                dropped.file.close();
            } catch (IOException e) {
                LOG.debug("closing {}", Segment.name(dropped.id), e);
            }
            deleteFile(Segment.name(dropped.id));
        }
    }

    private Segment openForeign(long id, Path path) throws IOException, InvalidBytesException, NewerVersionException {
        StorageFile file = storage.open(Segment.name(id), true);
        try {
            return openForeign(id, path, file);
        } catch (IOException | InvalidBytesException | NewerVersionException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static Segment openForeign(long id, Path path, StorageFile file)
            throws IOException, InvalidBytesException, NewerVersionException {
        long length = file.length();
        SegmentTrailer trailer = Recovery.readTrailer(file, length);
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
        file.read(block, 0);
        SegmentHeader header = SegmentHeader.read(block.flip());
        if (header.salt() != trailer.salt() || header.baseLsn() != trailer.baseLsn()) {
            throw new InvalidBytesException(path + ": header and footer disagree");
        }
        Segment segment = new Segment(
                id,
                trailer.baseLsn(),
                trailer.salt(),
                file,
                FrameIndex.of(trailer.firstLsns(), trailer.positions()),
                trailer.endLsn(),
                trailer.tablePosition());
        segment.map(length);
        try {
            Recovery.verify(segment);
        } catch (IOException | InvalidBytesException | RuntimeException e) {
            segment.release();
            throw e;
        }
        return segment;
    }

    private static void checkAdopted(List<Segment> adopted, long end) throws InvalidBytesException {
        if (adopted.isEmpty()
                || end <= adopted.getFirst().baseLsn()
                || end > adopted.getLast().endLsn()) {
            throw new InvalidBytesException("they do not reach LSN " + end);
        }
        for (int i = 1; i < adopted.size(); i++) {
            // A segment that was truncated holds more than counts: the next one's base says where it ends.
            if (adopted.get(i).baseLsn() > adopted.get(i - 1).endLsn()) {
                throw new InvalidBytesException("LSNs " + adopted.get(i - 1).endLsn() + " to "
                        + adopted.get(i).baseLsn() + " are missing");
            }
            adopted.get(i - 1).cut(adopted.get(i).baseLsn());
        }
    }

    /** Figures since the open. */
    public WalStats stats() {
        mutex.lock();
        try {
            long onDisk = 0;
            for (Segment segment : segments) {
                onDisk += segment.sealed() ? Blocks.roundUp(segment.endPosition()) : options.segmentBytes();
            }
            return new WalStats(
                    startLsn,
                    endLsn,
                    durableLsn,
                    segments.size(),
                    (int) segments.stream().filter(Segment::sealed).count(),
                    onDisk,
                    position,
                    gathering.padded(),
                    recordsAppended,
                    batchesAppended,
                    bytesWritten,
                    writes,
                    syncs,
                    syncNanos,
                    writeNanos,
                    rolls,
                    rollWaits,
                    backPressureWaits);
        } finally {
            mutex.unlock();
        }
    }

    /**
     * Makes everything durable, marks the directory as cleanly closed, and gives it free. Closing again does nothing but wait
     * until that is done.
     *
     * @throws WalException when the mark could not be made; the log is closed, and the next open recovers it
     */
    @Override
    public void close() throws WalException {
        boolean poisoned;
        mutex.lock();
        try {
            if (closing) {
                while (!released && !listeners.iTell()) {
                    changed.awaitUninterruptibly();
                }
                return;
            }
            closing = true;
            poisoned = failure != null;
        } finally {
            mutex.unlock();
        }
        try {
            if (!poisoned) {
                exclusively("closing", () -> {
                    dropPrepared(); // first: it makes room for what has to be written
                    sealAll(segments);
                    write(manifest(segments, startLsn, endLsn, nextFileId()));
                    SmallFiles.replace(
                            storage,
                            CleanMarker.TEMPORARY_NAME,
                            CleanMarker.NAME,
                            new CleanMarker(log, endLsn).encode());
                    closed = true;
                });
            }
        } finally {
            release();
        }
    }

    private void release() throws WalException {
        mutex.lock();
        try {
            closed = true;
            changed.signalAll();
            work.signalAll();
        } finally {
            mutex.unlock();
        }
        if (syncTimer != null) {
            syncTimer.shutdown();
        }
        if (background != null) {
            background.shutdown();
            if (!listeners.iTell()) { // else this may be the background's own thread
                background.close();
            }
        }
        segments.forEach(Segment::release);
        try (storage) {
            if (prepared != null) {
                prepared.file.close();
            }
            directoryLock.close();
        } catch (IOException e) {
            throw new WalIoException("closing " + storage.describe() + " failed: " + e, e);
        } finally {
            mutex.lock();
            try {
                released = true;
                changed.signalAll();
            } finally {
                mutex.unlock();
            }
        }
    }
}
