package io.walnut.wal;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads records, in any number of threads and beside everything else: it holds on to the segment that it reads, and takes the
 * mutex only to wait. Called without it.
 */
final class LogReader {
    private final LogState state;
    private final GroupWriter writer;

    LogReader(LogState state, GroupWriter writer) {
        this.state = state;
        this.writer = writer;
    }

    /** Up to where cursors go. */
    long readableLsn() {
        return state.options.durability() instanceof Durability.Sync ? state.durableLsn : state.writtenLsn;
    }

    /** A copy of a frame is good for as long as this stays the same. Read it before the frame. */
    int cuts() {
        return state.cuts.get();
    }

    /** Reads and verifies one record, durable or not, of those below {@link Wal#endLsn()}. */
    WalRecord read(long lsn) throws WalException {
        ByteBuffer frame = frameCopy(lsn).bytes();
        int record = FrameFormat.recordAt(frame, 0, Math.toIntExact(lsn - FrameFormat.firstLsn(frame, 0)));
        return new WalRecord(
                lsn,
                FrameFormat.tag(frame, record),
                FrameFormat.payload(frame, record).asReadOnlyBuffer());
    }

    /** Reads the tag of a record without copying its payload. */
    long tag(long lsn) throws WalException {
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
            state.options.observer().corrupt(new LsnRange(lsn, lsn + 1));
            throw new WalCorruptException(
                    "LSN " + lsn + " in " + Segment.name(segment.id()) + " of " + state.storage.describe()
                            + " is corrupt: " + e.getMessage() + ". " + WalCorruptException.ADVICE,
                    new LsnRange(lsn, lsn + 1),
                    e);
        } catch (IOException e) {
            throw new WalIoException("cannot read LSN " + lsn + " from " + Segment.name(segment.id()) + ": " + e, e);
        }
    }

    private Segment retain(long lsn) throws WalException {
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
            long from = state.startLsn;
            long to = state.writtenLsn;
            for (Segment segment : state.segments) {
                if (segment.endLsn() <= lsn) {
                    from = Math.max(from, segment.endLsn());
                } else {
                    to = Math.min(to, segment.baseLsn());
                }
            }
            throw new WalGapException(lsn, new LsnRange(from, to));
        } finally {
            state.mutex.unlock();
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

    long checkFrom(long fromLsn) throws WalException {
        if (fromLsn < state.startLsn) {
            throw new WalTrimmedException(fromLsn, state.startLsn);
        }
        if (fromLsn > state.endLsn()) {
            throw new WalRangeException(fromLsn, state.endLsn());
        }
        return fromLsn;
    }

    /** Waits until cursors may go to {@code lsn}; false when that takes too long. */
    boolean awaitReadable(long lsn, Duration timeout) throws WalException, InterruptedException {
        long nanos = timeout.toNanos();
        state.mutex.lockInterruptibly();
        try {
            while (readableLsn() <= lsn) {
                if (state.closed) {
                    throw new WalClosedException("the log in " + state.storage.describe() + " is closed");
                }
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
