package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.segment.FrameReader;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads records, in any number of threads and beside everything else: it holds on to the segment that it reads, and takes the
 * mutex only to wait. Called without it.
 */
final class LogReader {
    private final LogState state;
    private final GroupWriter writer;
    private final boolean onlyDurable;

    LogReader(LogState state, GroupWriter writer) {
        this.state = state;
        this.writer = writer;
        this.onlyDurable = state.options.durability() instanceof Durability.Sync;
    }

    /** Up to where cursors go. */
    long readableLsn() {
        return onlyDurable ? state.durableLsn : state.writtenLsn;
    }

    boolean isTrimmed(long lsn) {
        return lsn < state.startLsn;
    }

    /** What was read is part of the log for as long as this stays the same. */
    int cuts() {
        return state.cuts.get();
    }

    /** Reads and verifies one record, durable or not, of those below {@link Wal#endLsn()}. */
    WalRecord read(long lsn) throws WalException {
        Segment segment = retain(lsn);
        try {
            FrameReader frame = new FrameReader();
            enterRecord(frame, segment, lsn);
            return new WalRecord(lsn, frame.tag(), frame.copyOfPayload());
        } finally {
            segment.release();
        }
    }

    /** Reads the tag of a record without copying its payload. */
    long tag(long lsn) throws WalException {
        Segment segment = retain(lsn);
        try {
            FrameReader frame = new FrameReader();
            enterRecord(frame, segment, lsn);
            return frame.tag();
        } finally {
            segment.release();
        }
    }

    private void enterRecord(FrameReader frame, Segment segment, long lsn) throws WalException {
        enter(frame, segment, lsn);
        if (frame.gap() > 0) {
            // Its end may have been cut meanwhile: the gap is told of as it was before.
            throw new WalGapException(lsn, gap(frame, frame.lsn(), Math.max(lsn + 1, segment.endLsn())));
        }
    }

    /** The gap at which {@code frame} stands, as far as it lies between two LSNs. */
    static Gap gap(FrameReader frame, long fromLsn, long toLsn) {
        return new Gap(new LsnRange(fromLsn, Math.min(toLsn, frame.lsn() + frame.gap())), Gap.Kind.COMPACTED);
    }

    /** Goes to a record of a segment that is retained, or to the gap in which it was. */
    void enter(FrameReader frame, Segment segment, long lsn) throws WalException {
        try {
            frame.enter(segment, lsn);
        } catch (InvalidBytesException e) {
            throw corrupt(segment, lsn, e);
        } catch (IOException e) {
            throw unreadable(segment, lsn, e);
        }
    }

    WalException corrupt(Segment segment, long lsn, InvalidBytesException e) {
        state.options.observer().corrupt(new LsnRange(lsn, lsn + 1));
        return new WalCorruptException(
                "LSN " + lsn + " in " + Segment.name(segment.id()) + " of " + state.storage.describe() + " is corrupt: "
                        + e.getMessage() + ". " + WalCorruptException.ADVICE,
                new LsnRange(lsn, lsn + 1),
                e);
    }

    static WalException unreadable(Segment segment, long lsn, IOException e) {
        return new WalIoException("cannot read LSN " + lsn + " from " + Segment.name(segment.id()) + ": " + e, e);
    }

    /** The segment that holds a record, retained: to be released. */
    Segment retain(long lsn) throws WalException {
        while (lsn >= state.writtenLsn) { // again, when the log was cut meanwhile
            state.mutex.lock();
            try {
                if (lsn >= state.endLsn) {
                    throw new WalRangeException(lsn, state.endLsn);
                }
                writer.awaitLocked(lsn, false);
            } finally {
                state.mutex.unlock();
            }
        }
        while (true) {
            if (lsn < state.startLsn) {
                throw new WalTrimmedException(lsn, state.startLsn);
            }
            Segment segment = find(state.segments, lsn);
            if (segment == null) {
                checkAbsent(lsn);
            } else if (segment.retain()) {
                return segment;
            }
            checkClosedForReading();
        }
    }

    private void checkClosedForReading() throws WalException {
        state.mutex.lock();
        try {
            if (state.closed) {
                throw new WalClosedException("the log in " + state.storage.describe() + " is closed");
            }
        } finally {
            state.mutex.unlock();
        }
    }

    /** Says why there is no record; returns when there may be one by now. */
    private void checkAbsent(long lsn) throws WalException {
        state.mutex.lock();
        try {
            if (lsn >= state.writtenLsn) {
                throw new WalRangeException(lsn, state.writtenLsn);
            }
            if (lsn < state.startLsn || find(state.segments, lsn) != null) {
                return;
            }
            throw lost(lsn);
        } finally {
            state.mutex.unlock();
        }
    }

    /** No segment has that LSN, which lies within the log. Called with the mutex. */
    private WalGapException lost(long lsn) {
        long from = state.startLsn;
        long to = state.writtenLsn;
        for (Segment segment : state.segments) {
            if (segment.endLsn() <= lsn) {
                from = Math.max(from, segment.endLsn());
            } else {
                to = Math.min(to, segment.baseLsn());
            }
        }
        return new WalGapException(lsn, new Gap(new LsnRange(from, to), Gap.Kind.LOST));
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

    /** What there is of each segment between two LSNs, as far as cursors go: all of it, or it fails as they do. */
    List<LsnRange> pieces(long fromLsn, long toLsn) throws WalException {
        if (toLsn < fromLsn) {
            throw new IllegalArgumentException("LSNs from " + fromLsn + " to " + toLsn);
        }
        state.mutex.lock(); // or a change could come between the ends of the log and what lies between them
        try {
            if (fromLsn < state.startLsn) {
                throw new WalTrimmedException(fromLsn, state.startLsn);
            }
            if (toLsn > readableLsn()) {
                throw new WalRangeException(toLsn, readableLsn());
            }
            var pieces = new ArrayList<LsnRange>();
            long next = fromLsn;
            for (Segment segment : state.segments) {
                long to = Math.min(toLsn, segment.endLsn());
                if (next >= segment.baseLsn() && next < to) {
                    pieces.add(new LsnRange(next, to));
                    next = to;
                }
            }
            if (next < toLsn) {
                throw lost(next);
            }
            return pieces;
        } finally {
            state.mutex.unlock();
        }
    }

    long checkFrom(long fromLsn) throws WalException {
        if (fromLsn < state.startLsn) {
            throw new WalTrimmedException(fromLsn, state.startLsn);
        }
        if (fromLsn > state.endLsn()) {
            throw new WalRangeException(fromLsn, state.endLsn());
        }
        return fromLsn;
    }

    /** Waits until cursors may go to {@code lsn}; false when that takes too long. To a poisoned log nothing comes any more. */
    boolean awaitReadable(long lsn, long timeoutNanos) throws WalException, InterruptedException {
        long nanos = timeoutNanos;
        state.mutex.lockInterruptibly();
        try {
            while (readableLsn() <= lsn) {
                state.checkOpen();
                if (nanos <= 0) {
                    return false;
                }
                nanos = state.changed.awaitNanos(nanos);
            }
            return true;
        } finally {
            state.mutex.unlock();
        }
    }
}
