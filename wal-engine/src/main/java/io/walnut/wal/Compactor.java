package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryProgress;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts sealed segments, in the thread that asks for it. Looks at each, to know what would be left of it; takes as many that
 * follow each other as fit into one; writes what is left of those into a new file; and then, with nothing under way but that, puts
 * it in their place. Each such step counts by itself. Holds no lock of the log but for that last part; what was changed behind its
 * back meanwhile (trimmed, truncated, adopted) is looked at anew.
 *
 * <pre>
 *  sealed:   [ 40 of 64 MiB left ][ 20 left ][ 10 left ][ all of 60 left ][ 1 left ] ...
 *  becomes:  [              60              ][    10    ][ as it was      ][ ...
 * </pre>
 *
 * A segment of which everything is left, and that is more than half full, stays as it is: it would be written for nothing.
 */
final class Compactor {
    private static final Logger LOG = LoggerFactory.getLogger(Compactor.class);

    private final LogState state;
    private final StructuralChanges changes;
    private final LogReader reader;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private volatile boolean closed;

    Compactor(LogState state, StructuralChanges changes, LogReader reader) {
        this.state = state;
        this.changes = changes;
        this.reader = reader;
    }

    /** {@link Wal#compact}. */
    Compaction run(long toLsn, CompactionFilter filter, RecoveryListener listener)
            throws WalException, InterruptedException {
        oneAtATime.lockInterruptibly();
        try {
            checkGoesOn();
            return new Run(toLsn, new Sieve(filter), listener).run();
        } finally {
            oneAtATime.unlock();
        }
    }

    /** Whether it is the caller who compacts, in a filter or a listener. */
    boolean isOfThisThread() {
        return oneAtATime.isHeldByCurrentThread();
    }

    /** Called when the log is closed. Returns when none is under way that could touch its directory. */
    @SuppressWarnings("LockNotBeforeTry") // there is nothing to do but to wait
    void close() {
        closed = true;
        oneAtATime.lock();
        oneAtATime.unlock();
    }

    private void checkGoesOn() throws WalException, InterruptedException {
        if (closed || state.failure != null) {
            state.checkOpen();
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("the compaction was interrupted; what it had done stays done");
        }
    }

    /** What would be left of a segment, as it is now. */
    private record Survey(Segment segment, long endLsn, long bytesLeft, long kept, long dropped) {
        long bytes() {
            return segment.fileBytes();
        }

        boolean isSame(Segment as) {
            return segment == as && endLsn == as.endLsn();
        }
    }

    private final class Run {
        private final long toLsn;
        private final Sieve sieve;
        private final RecoveryListener listener;
        private final long start = System.nanoTime();
        private final long most = state.options.segmentBytes();
        private @Nullable Survey ahead; // looked at and not taken yet
        private long lsn; // segments before it are done
        private int surveyed;
        private long bytesSurveyed;

        private int segmentsBefore;
        private int segmentsAfter;
        private long bytesBefore;
        private long bytesAfter;
        private long kept;
        private long dropped;

        Run(long toLsn, Sieve sieve, RecoveryListener listener) {
            this.toLsn = toLsn;
            this.sieve = sieve;
            this.listener = listener;
        }

        Compaction run() throws WalException, InterruptedException {
            try {
                return compact();
            } catch (WalException e) {
                throw e;
            } catch (StorageFullException e) {
                throw new WalStorageFullException(
                        where() + " found no room; what it had done before stays done: " + e.getMessage(), e);
            } catch (IOException e) {
                throw new WalIoException(where() + " failed; what it had done before stays done: " + e, e);
            }
        }

        private String where() {
            return "compacting " + state.storage.describe() + " from LSN " + lsn + " on";
        }

        private Compaction compact() throws IOException, InterruptedException {
            for (List<Survey> group = next(); !group.isEmpty(); group = next()) {
                long bytes = group.stream().mapToLong(Survey::bytes).sum();
                long after = bytes;
                if (group.size() > 1 || group.getFirst().dropped > 0) {
                    after = rewrite(group);
                    if (after < 0) {
                        continue; // somebody has changed them: look again
                    }
                }
                segmentsBefore += group.size();
                segmentsAfter++;
                bytesBefore += bytes;
                bytesAfter += after;
                kept += group.stream().mapToLong(Survey::kept).sum();
                dropped += group.stream().mapToLong(Survey::dropped).sum();
                lsn = group.getLast().endLsn;
            }
            return new Compaction(segmentsBefore, segmentsAfter, bytesBefore, bytesAfter, kept, dropped);
        }

        /** The next ones that become one; empty when there are no more. */
        private List<Survey> next() throws IOException, InterruptedException {
            while (true) {
                var group = new ArrayList<Survey>();
                if (gather(group)) {
                    return group;
                }
                checkGoesOn(); // else, when it was closed meanwhile, for ever
            }
        }

        /** False when a segment went away meanwhile. */
        private boolean gather(List<Survey> group) throws IOException, InterruptedException {
            for (Segment segment : state.segments) {
                if (segment.endLsn() <= lsn) {
                    continue;
                }
                if (!segment.sealed() || segment.endLsn() > toLsn) {
                    break;
                }
                Survey survey = ahead != null && ahead.isSame(segment) ? ahead : survey(segment);
                ahead = survey;
                if (survey == null) {
                    return false;
                }
                if (!group.isEmpty() && !fits(survey, group)) {
                    break;
                }
                group.add(survey);
            }
            return true;
        }

        private boolean fits(Survey survey, List<Survey> group) {
            long left = group.stream().mapToLong(Survey::bytesLeft).sum();
            Survey last = group.getLast();
            return left + survey.bytesLeft <= most
                    && last.endLsn == survey.segment.baseLsn() // a lost hole must stay one
                    && survey.endLsn - group.getFirst().segment.baseLsn() <= Integer.MAX_VALUE
                    && !staysAsItIs(last)
                    && !staysAsItIs(survey);
        }

        private boolean staysAsItIs(Survey survey) {
            return survey.dropped == 0 && survey.bytesLeft > most / 2;
        }

        private @Nullable Survey survey(Segment segment) throws IOException, InterruptedException {
            if (!segment.retain()) {
                return null;
            }
            long[] sums = new long[3];
            long endLsn = segment.endLsn();
            try {
                sift(segment, endLsn, () -> {
                    ByteBuffer left = sieve.isWhole() ? sieve.stored() : sieve.records();
                    sums[0] += sieve.kept() == 0 ? 0 : CompactedFile.frameBytes(left.remaining());
                    sums[1] += sieve.kept();
                    sums[2] += sieve.dropped();
                });
            } finally {
                segment.release();
            }
            Survey survey = new Survey(segment, endLsn, sums[0], sums[1], sums[2]);
            tell(survey);
            return survey;
        }

        private void tell(Survey survey) {
            surveyed++;
            bytesSurveyed += survey.bytes();
            long total = bytesSurveyed;
            int segments = surveyed;
            for (Segment segment : state.segments) {
                if (segment.sealed() && segment.baseLsn() >= survey.endLsn && segment.endLsn() <= toLsn) {
                    total += segment.fileBytes();
                    segments++;
                }
            }
            if (!listener.goOn(
                    new RecoveryProgress(bytesSurveyed, total, surveyed, segments, System.nanoTime() - start))) {
                throw new CancellationException("the compaction was cancelled at LSN " + survey.endLsn
                        + "; what it had done before that stays done");
            }
        }

        private void sift(Segment segment, long endLsn, FrameWork work) throws IOException, InterruptedException {
            try {
                for (long at = segment.baseLsn(); at < endLsn; at = sieve.endLsn()) {
                    checkGoesOn();
                    take(segment, at, endLsn);
                    work.onFrame();
                }
            } finally {
                sieve.forget();
            }
        }

        private void take(Segment segment, long at, long endLsn) throws WalException {
            try {
                sieve.take(segment, at, endLsn);
            } catch (InvalidBytesException e) {
                throw reader.corrupt(segment, at, e);
            } catch (WalException e) {
                throw e;
            } catch (IOException e) {
                throw LogReader.unreadable(segment, at, e);
            } catch (InternalError e) { // how the JVM says that a page of a mapping cannot be read
                throw LogReader.unreadable(segment, at, new IOException(e));
            }
        }

        /** Bytes of what has taken their place; -1 when they have changed meanwhile, and nothing was done. */
        private long rewrite(List<Survey> group) throws IOException, InterruptedException {
            var sources = new ArrayList<Segment>();
            try {
                for (Survey survey : group) {
                    if (!survey.segment.retain()) {
                        return -1;
                    }
                    sources.add(survey.segment);
                }
                return rewriteRetained(group, sources);
            } finally {
                sources.forEach(Segment::release);
            }
        }

        private long rewriteRetained(List<Survey> group, List<Segment> sources)
                throws IOException, InterruptedException {
            try (CompactedFile file =
                    changes.beginCompacted(group.getFirst().segment.baseLsn())) {
                for (Survey survey : group) {
                    sift(survey.segment, survey.endLsn, () -> file.add(sieve));
                }
                Segment made = changes.replaceCompacted(sources, file.seal());
                if (made == null) {
                    return -1;
                }
                LOG.info(
                        "compacted segments={} into={} lsn={}..{} gone={}",
                        sources.size(),
                        made.id(),
                        made.baseLsn(),
                        made.endLsn(),
                        made.gone());
                return made.fileBytes();
            }
        }
    }

    private interface FrameWork {
        void onFrame() throws IOException;
    }
}
