package io.walnut.wal;

import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.ScrubCoverage;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the parts of a log share: one lock, the fields that it guards, and a few that are written under it and read by all.
 *
 * <p>Threads: who has taken a group owns its bytes, and its place in the segment, until it is written; whoever sets
 * {@link #exclusive} owns the tail, when nothing is in flight, until it lets go; both may release {@link #mutex} meanwhile. The
 * background owns full segments that are not sealed, and the manifest, while {@link #tasks} is not zero; a change of the
 * segments waits for both.
 *
 * <pre>
 *  state          says                            set by                             waited for by
 *  -------------  ------------------------------  ---------------------------------  --------------------------------------
 *  exclusive      one thread owns the tail        who only syncs; a change that has  others that want to write or sync;
 *                                                 come to its turn                   a change; the log's own thread
 *  tasks          the background owns full        who gives it a task; it counts     a change
 *                 segments and the manifest       down when that is done
 *  preparing      the next segment file is being  who asks for it; the task when     an append that needs a new segment
 *                 made, one of the tasks          it is done
 *  quiescing      changes that wait or are        each change, until its end         appends (see held) and new news for
 *                 under way                                                          listeners, until it is 0
 *  tellerChanges  a listener makes one of them    that change, until its end         nobody: while set, appends wait even if
 *                 in its call                                                        somebody is being told
 *  sealingBehind  segments are full and not       the background that found no       nobody: the log's own thread tries again,
 *                 sealed, or sealed, not listed   room; a change until it lists      and so does the next preparation
 *  closing        somebody closes the log         the first close                    nobody; a second close waits for released
 *  closed         no more appends and changes     the change that closes, release    who waits for records, to give up
 *  released       the directory is free           release, at its end                a second close
 * </pre>
 *
 * Waits are on {@link #changed}; those of the log's own thread on {@link #work}.
 */
final class LogState {
    private static final Logger LOG = LoggerFactory.getLogger(LogState.class);

    final Storage storage;
    final WalOptions options;
    final UUID log;
    final ReentrantLock mutex = new ReentrantLock();
    final Condition changed = mutex.newCondition();
    final Condition work = mutex.newCondition(); // for the log's own thread
    final Listeners listeners = new Listeners(mutex, changed);

    final BatchCompressor compressor;

    // Guarded by mutex.
    final Groups groups;
    long endLsn;
    long unsyncedBytes; // written since the last sync
    boolean exclusive;
    int quiescing; // changes of the segments that wait for a quiet log, or have one
    boolean tellerChanges; // one of them is a listener's, in its call
    int tasks; // given to the background and not done
    int writers; // threads that write or sync just now
    boolean ownThreadRuns;
    boolean ownThreadSleeps; // and looks for what was enqueued only when it is woken
    boolean closing;
    boolean closed;
    boolean released;

    @Nullable
    Segment active;

    long position; // where the next write goes; bytes in flight are counted already

    @Nullable
    Prepared prepared;

    boolean preparing;
    boolean sealingBehind; // a full disk kept segments from being sealed or listed

    @Nullable
    IOException prepareFailure;

    long nextSegmentId;

    volatile @Nullable WalException failure; // written under mutex

    // Written under mutex, read by all.
    volatile int joined; // batches of the next group, while its writer lets others join
    volatile long startLsn;
    volatile long writtenLsn;
    volatile long durableLsn;
    final AtomicInteger cuts = new AtomicInteger(); // how often LSNs that were assigned have been taken back
    volatile List<Segment> segments; // in order of LSNs; a sealed prefix, then those that are not yet

    // Statistics, guarded by mutex.
    long recordsAppended;
    long batchesAppended;
    long bytesWritten;
    long writes;
    long syncs;
    long syncNanos;
    long writeNanos;
    long rolls;
    long rollWaits;
    long backPressureWaits;
    long contendedAppends;
    long activeSinceNanos;
    /** When an append first waited for the next segment, for the observer; 0 when none does. */
    long rollWaitSince;

    /** A segment file that is made and not used yet; recycled when it holds old frames, which its salt will tell apart. */
    record Prepared(long id, StorageFile file, boolean recycled) {}

    /** Segment files whose records were trimmed, by name: the next segments are made of them. Guarded by mutex. */
    final Deque<String> spares = new ArrayDeque<>();

    LogState(Storage storage, WalOptions options, Recovery.Recovered recovered) {
        this.storage = storage;
        this.options = options;
        this.log = recovered.log();
        this.compressor = new BatchCompressor(options);
        this.groups = new Groups(options);
        this.startLsn = recovered.startLsn();
        this.endLsn = recovered.endLsn();
        this.writtenLsn = endLsn;
        this.durableLsn = endLsn;
        this.segments = List.copyOf(recovered.segments());
        this.nextSegmentId = recovered.nextSegmentId();
    }

    void checkOpen() throws WalException {
        if (failure != null) {
            throw new WalPoisonedException(
                    "the log in " + storage.describe() + " takes no more writes: " + failure.getMessage(), failure);
        }
        if (closed) {
            throw new WalClosedException("the log in " + storage.describe() + " is closed");
        }
    }

    /**
     * Whether appends wait because a change of the segments does, which could otherwise starve. The change waits for a listener
     * that is just being told, too, and the listener may wait for somebody who appends: so they go on until it returns. Nothing
     * more is told before the change.
     */
    boolean held() {
        return quiescing > 0 && !listeners.iTell() && (tellerChanges || !listeners.someoneElseTells());
    }

    /** Called with the mutex; the caller lets {@link #tell} follow when it leads no more. */
    void poison(WalException error) {
        boolean first = failure == null;
        if (first) {
            failure = error;
            LOG.error("log poisoned: {}", error.getMessage());
        }
        changed.signalAll();
        work.signalAll();
        groups.each(Group::wakeWaiters);
        if (first) {
            options.observer().poisoned(error);
        }
    }

    /**
     * Called with the mutex, which is not held while listeners hear, by a thread that does not lead. Left to the change of the
     * segments that waits, if one does.
     */
    void tell() {
        listeners.tell(this);
    }

    /** The next LSN to be assigned. */
    long endLsn() {
        mutex.lock();
        try {
            return endLsn;
        } finally {
            mutex.unlock();
        }
    }

    /** {@link Wal#bytesBelow}. */
    long bytesBelow(long lsn) {
        mutex.lock();
        try {
            return segments.stream()
                    .filter(segment -> segment.sealed() && segment.endLsn() <= lsn)
                    .mapToLong(Segment::fileBytes)
                    .sum();
        } finally {
            mutex.unlock();
        }
    }

    /** Figures since the open. */
    WalStats stats(ScrubCoverage scrub) {
        mutex.lock();
        try {
            long onDisk = 0;
            for (Segment segment : segments) {
                onDisk += segment.sealed() ? segment.fileBytes() : options.segmentBytes();
            }
            return new WalStats(
                    startLsn,
                    endLsn,
                    durableLsn,
                    segments.size(),
                    (int) segments.stream().filter(Segment::sealed).count(),
                    onDisk,
                    position,
                    groups.waitingBytes(),
                    recordsAppended,
                    batchesAppended,
                    bytesWritten,
                    writes,
                    syncs,
                    syncNanos,
                    writeNanos,
                    rolls,
                    rollWaits,
                    backPressureWaits,
                    contendedAppends,
                    groups.reused(),
                    groups.made(),
                    groups.inFlight(),
                    scrub);
        } finally {
            mutex.unlock();
        }
    }
}
