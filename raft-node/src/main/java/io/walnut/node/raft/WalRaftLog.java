package io.walnut.node.raft;

import io.walnut.node.raft.StartRefusedException.Reason;
import io.walnut.node.raft.VisibleEntries.Bounds;
import io.walnut.wal.Batch;
import io.walnut.wal.DurableListener;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalStorageFullException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto.LogEntryBodyCase;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.server.impl.RaftLogSeam;
import org.apache.ratis.server.metrics.RaftLogMetricsBase;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.apache.ratis.server.raftlog.RaftLogBase;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.util.AutoCloseableLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Raft log on our WAL: index = LSN, one record per entry, tag = term and kind ({@link EntryTag}).
 *
 * <p>An append gives the entry to the WAL and returns; it is readable at once and durable later. On durability, in this
 * order: the flush index moves, the division is told (a leader counts its own vote), the futures complete.
 *
 * <p>A purge moves only the first index that Ratis sees. The bytes go when no snapshot and no named log needs them
 * ({@link SnapshotSource#trimFloor}), in the background.
 *
 * <p>An I/O failure ends the log for good: futures fail, the state machine hears {@code notifyLogFailed}, the log closes.
 * Back-pressure of the WAL blocks the appender. The one failure that passes is a full disk on a follower: the leader's entries
 * are refused as if they had not come, and it sends them again and again. A leader never comes so far ({@link DiskRoom}).
 *
 * <p>Threads: {@code append}, {@code truncate}, {@code purge} and {@code onSnapshotInstalled} exclude each other by the
 * write lock of the base class; reads take no lock.
 */
public final class WalRaftLog extends RaftLogBase {
    private static final Logger LOG = LoggerFactory.getLogger(WalRaftLog.class);

    /** Not the common pool: others block its few threads for as long as they like. */
    private static final Executor ASIDE = Thread::startVirtualThread;

    private static final Executor REFUSAL_DELAY = CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS, ASIDE);

    private final RaftLogSeam.Division division;
    private final RaftStorage storage;
    private final VoteStore votes;
    private final Wal wal;
    private final SnapshotSource snapshots;
    private final RaftLogMetricsBase metrics;
    private final PendingWrites pending = new PendingWrites();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Trimmer trimmer;
    private final CatchingUp catchingUp = new CatchingUp(System::nanoTime);

    /** Owned by the holder of the write lock. */
    private boolean refusing;

    private volatile @Nullable LeaderRequest lastRequest;

    /** Changed by the holder of the write lock; read by anyone. */
    private final VisibleEntries visible;

    /** Guards the moves of {@link #flushIndex} against a late word of the WAL about entries since truncated. */
    private final Object flushLock = new Object();

    private boolean shrinking;
    private volatile long flushIndex = INVALID_LOG_INDEX;

    private WalRaftLog(
            RaftLogSeam.Division division,
            RaftStorage storage,
            RaftProperties properties,
            VoteStore votes,
            Wal wal,
            SnapshotSource snapshots,
            Damage damage) {
        super(division.memberId(), division.snapshotIndex(), properties);
        this.division = division;
        this.storage = storage;
        this.votes = votes;
        this.wal = wal;
        this.snapshots = snapshots;
        this.metrics = new RaftLogMetricsBase(division.memberId());
        this.visible = new VisibleEntries(getName(), wal, damage);
        this.trimmer = new Trimmer(getName(), wal, snapshots, this::fail);
    }

    /**
     * A log over {@code wal}, which it owns from now on. To be opened by {@code open}.
     *
     * @throws StartRefusedException when the stored vote cannot be trusted
     */
    static WalRaftLog create(
            RaftLogSeam.Division division,
            RaftStorage storage,
            RaftProperties properties,
            Wal wal,
            SnapshotSource snapshots,
            Damage damage)
            throws IOException {
        Path group = storage.getStorageDir().getRoot().toPath();
        VoteStore votes = VoteStore.open(
                group,
                division.memberId().getGroupId().getUuid(),
                division.memberId().getPeerId().toString(),
                storage.getMetadataFile(),
                wal.endLsn() == 0);
        return new WalRaftLog(division, storage, properties, votes, wal, snapshots, damage);
    }

    // ---- opening

    @Override
    protected void openImpl(long lastIndexInSnapshot, Consumer<LogEntryProto> consumer) throws IOException {
        TermIndex snapshot = snapshots.latest().orElse(null);
        snapshots.configuration().ifPresent(consumer);
        if (snapshot != null && !continues(snapshot)) {
            // A crash came between the publication of an installed snapshot and its adoption.
            snapshots.adoptInto(wal);
        }
        long start = wal.startLsn();
        long end = wal.endLsn();
        if (start > lastIndexInSnapshot + 1) {
            throw new StartRefusedException(
                    Reason.SNAPSHOT_MISSING,
                    storage.getStorageDir().getRoot().toPath(),
                    "the log begins at " + start + ", but the last snapshot ends at " + lastIndexInSnapshot);
        }
        long first = firstVisible(start, lastIndexInSnapshot);
        TermIndex before = first > start ? EntryTag.termIndex(wal.tag(first - 1), first - 1) : snapshot;
        visible.show(new Bounds(first, end - 1, before));
        loadTail(Math.max(first, lastIndexInSnapshot + 1), end, consumer);
        flushIndex = Math.max(end - 1, lastIndexInSnapshot);
        wal.addDurableListener(new DurableListener() {
            @Override
            public void onDurable(long durableLsn) {
                advanceFlushIndex();
            }

            @Override
            public void onPoisoned(WalException cause) {
                fail(cause);
            }
        });
        LOG.info("{}: opened startLsn={} first={} last={} snapshot={}", getName(), start, first, end - 1, snapshot);
    }

    /**
     * Whether the WAL goes on where the snapshot ends: it holds the snapshot's last entry, and by that all that is still
     * needed before it, or begins right after it.
     */
    private boolean continues(TermIndex snapshot) throws WalException {
        long index = snapshot.getIndex();
        if (wal.startLsn() == index + 1) {
            return true;
        }
        return wal.startLsn() <= index && index < wal.endLsn() && EntryTag.term(wal.tag(index)) == snapshot.getTerm();
    }

    /** The entry before the first must be there, or be the snapshot's, to tell its term. */
    private static long firstVisible(long start, long lastIndexInSnapshot) {
        boolean knowsBefore = start == LEAST_VALID_LOG_INDEX || start == lastIndexInSnapshot + 1;
        return Math.max(knowsBefore ? start : start + 1, lastIndexInSnapshot + 1 - RaftKeys.PRESERVED_ENTRIES);
    }

    private void loadTail(long from, long end, Consumer<LogEntryProto> consumer) throws IOException {
        visible.learnFrom(from);
        long lastMetadata = INVALID_LOG_INDEX;
        for (long index = from; index < end; index++) {
            LogEntryBodyCase kind = EntryTag.kind(visible.learnTag(index));
            if (kind == LogEntryBodyCase.CONFIGURATIONENTRY) {
                consumer.accept(visible.load(index));
            } else if (kind == LogEntryBodyCase.METADATAENTRY) {
                lastMetadata = index;
            }
        }
        if (lastMetadata != INVALID_LOG_INDEX) {
            consumer.accept(visible.load(lastMetadata));
        }
    }

    // ---- appending

    @Override
    protected CompletableFuture<Long> appendEntryImpl(LogEntryProto entry, @Nullable TransactionContext context) {
        try {
            return write(List.of(entry));
        } catch (WalStorageFullException e) {
            fail(e); // Ratis counts on a leader's own append
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Takes a leader's entries, unless it has been deposed since Ratis looked ({@link LeaderRequest}). What is already there may
     * be cut off under the division's lock only, under which nobody can depose it. Whether it may be acknowledged is asked when
     * the entries can be seen: a vote that is given later knows of them.
     */
    @Override
    protected List<CompletableFuture<Long>> appendImpl(List<LogEntryProto> entries) {
        LeaderRequest request = LeaderRequest.running();
        lastRequest = request;
        Optional<CompletableFuture<Long>> taken = take(entries, request, false);
        if (taken.isEmpty()) {
            taken = division.lock()
                    .holding(() -> isDeposed(request) ? Optional.of(refusal(request)) : take(entries, request, true));
        }
        return List.of(isDeposed(request) ? refusal(request) : taken.orElseThrow());
    }

    /** Whether the last entries of a leader came with what is needed to check them again; for the tests. */
    boolean lastRequestWasKnown() {
        return lastRequest != null;
    }

    private boolean isDeposed(@Nullable LeaderRequest request) {
        // Waits for a vote that is being given, and was decided without these entries.
        return request != null
                && division.lock().holding(() -> division.currentTerm().getAsLong()) > request.term();
    }

    private CompletableFuture<Long> refusal(@Nullable LeaderRequest request) {
        return CompletableFuture.failedFuture(new IOException(getName() + ": the leader of " + request
                + " has been deposed; the term is " + division.currentTerm().getAsLong()));
    }

    /** Empty when entries contradict the log, and {@code mayTruncate} is false; then nothing was done. */
    private Optional<CompletableFuture<Long>> take(
            List<LogEntryProto> entries, @Nullable LeaderRequest request, boolean mayTruncate) {
        try (AutoCloseableLock _ = writeLock()) {
            if (request != null && request.previous() != null && visible.contradict(request.previous())) {
                return Optional.of(CompletableFuture.failedFuture(new IOException(getName() + ": what " + request
                        + " follows on was cut off meanwhile; the log ends at " + getLastEntryTermIndex())));
            }
            int fresh = knownEntries(entries);
            if (fresh < entries.size() && entries.get(fresh).getIndex() <= visible.last()) {
                if (!mayTruncate) {
                    return Optional.empty();
                }
                cutOff(entries.get(fresh));
            }
            if (fresh == entries.size()) {
                // Known entries may still be on their way to the disk: the reply promises durability.
                return Optional.of(
                        entries.isEmpty()
                                ? done(INVALID_LOG_INDEX)
                                : whenDurable(entries.getLast().getIndex()));
            }
            CompletableFuture<Long> written = write(entries.subList(fresh, entries.size()));
            if (refusing) {
                refusing = false;
                LOG.info(
                        "{}: there is room again, entries are taken from {} on",
                        getName(),
                        entries.get(fresh).getIndex());
            }
            return Optional.of(written);
        } catch (WalStorageFullException e) {
            if (!refusing) {
                refusing = true;
                LOG.warn("{}: takes no entries from {} on: {}", getName(), visible.last() + 1, e.getMessage());
            }
            // Not at once: the leader sends the same again as soon as it hears of it.
            CompletableFuture<Long> refused = new CompletableFuture<>();
            REFUSAL_DELAY.execute(() -> refused.completeExceptionally(withoutStackTrace(e)));
            return Optional.of(refused);
        }
    }

    /** Ratis sends an exception whole, in headers of at most 8 KiB; beyond that the leader learns not even which request failed. */
    private static IOException withoutStackTrace(WalStorageFullException e) {
        IOException bare = new IOException(e.getMessage());
        bare.setStackTrace(new StackTraceElement[0]);
        return bare;
    }

    /** How many of the entries, from the first on, are in the log. */
    private int knownEntries(List<LogEntryProto> entries) {
        for (int i = 0; i < entries.size(); i++) {
            if (visible.contradict(TermIndex.valueOf(entries.get(i)))) {
                return i;
            }
        }
        return entries.size();
    }

    /** Takes away what contradicts {@code entry}: all from its index on. */
    private void cutOff(LogEntryProto entry) throws WalStorageFullException {
        long index = entry.getIndex();
        if (index <= getLastCommittedIndex()) {
            throw new IllegalStateException(getName() + ": the leader's entry " + index + " of term " + entry.getTerm()
                    + " contradicts a committed one of " + getTermIndex(index));
        }
        for (long gone = index; gone <= visible.last(); gone++) {
            division.truncated().accept(there(gone));
        }
        try {
            truncateFrom(index);
        } catch (WalStorageFullException e) {
            throw e;
        } catch (IOException e) {
            fail(e);
            throw new UncheckedIOException(getName() + ": cannot cut the log off at " + index, e);
        }
    }

    private LogEntryProto there(long index) {
        try {
            return Objects.requireNonNull(visible.get(index), () -> getName() + ": no entry " + index);
        } catch (IOException e) {
            throw new IllegalStateException(getName() + ": cannot read entry " + index, e);
        }
    }

    /**
     * Gives each entry to the WAL and makes it visible. A batch each, not one for all: the WAL verifies and copies a batch to
     * read one record of it, and a follower that replays its log would read every batch as often as it has entries.
     *
     * @throws WalStorageFullException when there is no room for an entry: it and those after it are not in the log, and
     *     nobody has seen them
     */
    private CompletableFuture<Long> write(List<LogEntryProto> entries) throws WalStorageFullException {
        try (AutoCloseableLock _ = writeLock()) {
            checkLogState();
            Batch batch = new Batch();
            for (LogEntryProto entry : entries) {
                long index = entry.getIndex();
                if (index != visible.last() + 1) {
                    throw new IllegalStateException(
                            getName() + ": entry " + index + " does not follow " + visible.last());
                }
                validateLogEntry(entry);
                long tag = EntryTag.of(entry);
                batch.clear();
                batch.add(tag, entry.getSerializedSize(), target -> EntryBytes.encode(entry, target));
                long lsn = wal.enqueue(batch);
                if (lsn != index) {
                    throw new IllegalStateException(getName() + ": entry " + index + " was given LSN " + lsn);
                }
                visible.add(entry, tag);
            }
            return whenDurable(entries.getLast().getIndex());
        } catch (WalStorageFullException e) {
            throw e;
        } catch (WalException e) {
            fail(e);
            return CompletableFuture.failedFuture(e);
        } finally {
            noticeDurable();
        }
    }

    /**
     * The WAL may have synced entries before they were visible, and then nobody has said so. Not done by this thread: telling
     * the division may wait for one that wants the lock held here.
     */
    private void noticeDurable() {
        if (Math.min(wal.durableLsn() - 1, visible.last()) > flushIndex) {
            ASIDE.execute(this::advanceFlushIndex);
        }
    }

    private CompletableFuture<Long> whenDurable(long index) {
        CompletableFuture<Long> future = pending.add(index);
        if (flushIndex >= index) {
            pending.completeUpTo(flushIndex);
        }
        return future;
    }

    private static CompletableFuture<Long> done(long index) {
        return CompletableFuture.completedFuture(index);
    }

    /** Called by the WAL's syncing thread, in order, and on behalf of who has appended; never with the write lock. */
    private void advanceFlushIndex() {
        Runnable completion;
        synchronized (flushLock) {
            if (shrinking) {
                return;
            }
            long durable = Math.min(wal.durableLsn() - 1, visible.last());
            if (durable <= flushIndex) {
                return;
            }
            flushIndex = durable;
            completion = pending.takeUpTo(durable); // now: later, others may wait in their place
        }
        try {
            division.commitEvent().run();
        } finally {
            completion.run();
        }
    }

    // ---- taking away

    @Override
    protected CompletableFuture<Long> truncateImpl(long index) {
        try (AutoCloseableLock _ = writeLock()) {
            truncateFrom(index);
            return done(index);
        } catch (IOException e) {
            fail(e);
            return CompletableFuture.failedFuture(e);
        }
    }

    /** With the write lock. */
    private void truncateFrom(long index) throws IOException {
        Bounds old = visible.bounds();
        if (index <= old.last()) {
            shrink(() -> wal.truncateAfter(index - 1), new Bounds(old.first(), index - 1, old.before()), index - 1);
        }
    }

    @FunctionalInterface
    private interface WalChange {
        void run() throws IOException;
    }

    /**
     * Changes the WAL so that it ends at {@code fresh.last}, and all that is left is durable; the flush index is lowered before
     * and never too high, also when the change fails: what was on its way is not durable then.
     *
     * @throws WalStorageFullException when there is no room for the change: nothing has changed
     */
    private void shrink(WalChange change, Bounds fresh, long newFlushIndex) throws IOException {
        Bounds old = visible.bounds();
        long flushed;
        long oldFlushIndex;
        synchronized (flushLock) {
            shrinking = true;
            oldFlushIndex = flushIndex;
            flushed = Math.min(oldFlushIndex, newFlushIndex);
            flushIndex = flushed;
        }
        visible.show(fresh);
        try {
            change.run();
            flushed = newFlushIndex;
        } catch (WalStorageFullException e) {
            visible.show(old);
            flushed = oldFlushIndex;
            throw e;
        } finally {
            synchronized (flushLock) {
                shrinking = false;
                flushIndex = flushed;
            }
            noticeDurable(); // nobody has told of it meanwhile, and a change without room leaves it as it was
        }
        // What became durable during the change was not told by the WAL's thread.
        ASIDE.execute(division.commitEvent());
        pending.completeUpTo(newFlushIndex);
        pending.completeFrom(newFlushIndex + 1);
    }

    /** Keeps the last entry visible: a leader without any entry sends snapshots for ever. */
    @Override
    protected CompletableFuture<Long> purgeImpl(long index) {
        try (AutoCloseableLock _ = writeLock()) {
            Bounds old = visible.bounds();
            long upTo = Math.min(Math.min(index, old.last() - 1), catchingUp.firstKept() - 1);
            if (upTo >= old.first()) {
                hideUpTo(upTo);
            }
            updateSnapshotIndexFromStateMachine();
            long first = visible.bounds().first();
            trimmer.trimBefore(first - 1);
            return done(first - 1);
        }
    }

    /** Hides nothing when the term of that entry cannot be read: Ratis closes a division whose log throws here. */
    private void hideUpTo(long index) {
        try {
            visible.hideBefore(index + 1, EntryTag.termIndex(visible.readTag(index), index));
        } catch (WalException e) {
            LOG.warn("{}: purges nothing up to {}; the next purge tries again: {}", getName(), index, e.getMessage());
        }
    }

    /** As a purge up to there, but leaves none for members that were away for a short time: they are sent a snapshot. */
    void purgeAllBefore(long index) {
        CompletableFuture<Long> _ = purgeImpl(index);
    }

    /** Followers whose next entries a purge leaves. */
    CatchingUp catchingUp() {
        return catchingUp;
    }

    @Override
    public CompletableFuture<Long> onSnapshotInstalled(long lastSnapshotIndex) {
        try (AutoCloseableLock _ = writeLock()) {
            snapshots.afterInstall();
            TermIndex snapshot = snapshots
                    .latest()
                    .filter(latest -> latest.getIndex() == lastSnapshotIndex)
                    .orElseThrow(() -> new IOException(getName() + ": the installed snapshot at " + lastSnapshotIndex
                            + " is not valid; valid is " + snapshots.latest()));
            if (continues(snapshot)) {
                visible.hideBefore(lastSnapshotIndex + 1, snapshot);
            } else {
                Bounds empty = new Bounds(lastSnapshotIndex + 1, lastSnapshotIndex, snapshot);
                shrink(() -> snapshots.adoptInto(wal), empty, lastSnapshotIndex);
            }
            updateSnapshotIndex(lastSnapshotIndex);
            updatePurgeIndex(lastSnapshotIndex);
            snapshots.installed(null);
            LOG.info("{}: installed snapshot {}; startLsn={}", getName(), snapshot, wal.startLsn());
            return done(lastSnapshotIndex);
        } catch (IOException | RuntimeException e) {
            snapshots.installed(e);
            fail(e);
            return CompletableFuture.failedFuture(e);
        }
    }

    // ---- reading

    @Override
    public @Nullable LogEntryProto get(long index) throws RaftLogIOException {
        checkLogState();
        try {
            return visible.get(index);
        } catch (IOException e) {
            throw new RaftLogIOException(getName() + ": cannot read entry " + index, e);
        }
    }

    @Override
    public EntryWithData getEntryWithData(long index) throws RaftLogIOException {
        LogEntryProto entry = get(index);
        if (entry == null) {
            throw new RaftLogIOException(getName() + ": no entry " + index + " in " + visible.bounds());
        }
        return newEntryWithData(entry, null);
    }

    @Override
    public @Nullable TermIndex getTermIndex(long index) {
        checkLogState();
        return visible.termIndex(index);
    }

    @Override
    public LogEntryHeader[] getEntries(long startIndex, long endIndex) {
        checkLogState();
        return visible.headers(startIndex, endIndex);
    }

    @Override
    public long getStartIndex() {
        Bounds now = visible.bounds();
        return now.isEmpty() ? INVALID_LOG_INDEX : now.first();
    }

    @Override
    public @Nullable TermIndex getLastEntryTermIndex() {
        checkLogState();
        return visible.lastTermIndex();
    }

    @Override
    public long getFlushIndex() {
        return flushIndex;
    }

    @Override
    public RaftLogMetricsBase getRaftLogMetrics() {
        return metrics;
    }

    // ---- term and vote

    /** Durable on return, in both copies. */
    @Override
    public void persistMetadata(RaftStorageMetadata metadata) throws IOException {
        votes.persist(metadata);
    }

    @Override
    public RaftStorageMetadata loadMetadata() {
        return votes.load();
    }

    // ---- the end

    /** For good. Reported from a thread of its own: the caller may hold any lock, and may be the WAL's own thread. */
    private void fail(Throwable cause) {
        if (closed.get() || !failure.compareAndSet(null, cause)) {
            return;
        }
        LOG.error("{}: the log has failed", getName(), cause);
        Thread.ofPlatform().name(getName() + "-failed").start(() -> {
            pending.fail(cause);
            division.stateMachine().event().notifyLogFailed(cause, null);
            try {
                close();
            } catch (IOException e) {
                LOG.warn("{}: close after a failure", getName(), e);
            }
        });
    }

    @Override
    public void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        super.close();
        try (AutoCloseableLock _ = writeLock()) {
            trimmer.close();
            wal.close();
        } finally {
            // When the disk fails now, nobody tells those who wait.
            pending.fail(new AlreadyClosedException(getName() + ": closed before the entry was known to be durable"));
            metrics.unregister();
            storage.close();
        }
    }
}
