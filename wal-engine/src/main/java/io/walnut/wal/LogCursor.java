package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.segment.FrameReader;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The one cursor. Holds on to a sealed segment while it is in one of its frames; of another one it has a copy. */
final class LogCursor implements TailCursor {
    private final LogReader log;
    private final long bound;
    private final Consumer<Gap> skipped;
    private final FrameReader frame = new FrameReader();
    private long next;
    private long end; // records of the frame below it are in the log, and may be read
    private int cuts; // as long as the log was cut so often
    private @Nullable Segment segment; // of the frame
    private boolean retained;
    private boolean closed;

    LogCursor(LogReader log, long fromLsn) {
        this(log, fromLsn, Long.MAX_VALUE, gap -> {});
    }

    /**
     * @param toLsn it gives no record from there on
     * @param skipped hears of each gap that a compaction left, when the cursor has passed it; one may be told in pieces
     */
    LogCursor(LogReader log, long fromLsn, long toLsn, Consumer<Gap> skipped) {
        this.log = log;
        this.next = fromLsn;
        this.bound = toLsn;
        this.skipped = skipped;
    }

    @Override
    public boolean next() throws WalException {
        do {
            if (next < end && cuts == log.cuts()) {
                advance();
            } else if (!enter()) {
                return false;
            }
        } while (skipsGap());
        next++;
        return true;
    }

    private boolean skipsGap() {
        if (frame.gap() == 0) {
            return false;
        }
        Gap gap = LogReader.gap(frame, next, end);
        next = gap.lsns().to();
        skipped.accept(gap);
        return true;
    }

    private void advance() throws WalException {
        try {
            frame.advance();
        } catch (InvalidBytesException e) {
            throw failed(segmentOfFrame(), e);
        }
    }

    /** Goes to the frame of the next record. What may be read is looked at between two looks at how often the log was cut. */
    private boolean enter() throws WalException {
        while (true) {
            if (closed) {
                throw new IllegalStateException("the cursor is closed");
            }
            int now = log.cuts();
            long readable = Math.min(bound, log.readableLsn());
            if (next >= readable) {
                return false;
            }
            boolean follows = segment != null && now == cuts && next == frame.endLsn() && !log.isTrimmed(next);
            end = 0;
            try {
                if (!follows || !follow()) {
                    find();
                }
            } catch (WalRangeException e) {
                if (now == log.cuts() && next < log.readableLsn()) {
                    throw e;
                }
                continue; // it was cut away after, or while, we looked where the log ends
            }
            end = Math.min(readable, Math.min(frame.endLsn(), segmentOfFrame().endLsn()));
            cuts = now;
            if (now == log.cuts() && next < end) { // else it is being cut just now
                return true;
            }
        }
    }

    private boolean follow() throws WalException {
        Segment of = segmentOfFrame();
        if (next >= of.endLsn()) {
            return false;
        }
        try {
            return frame.follow();
        } catch (InvalidBytesException e) {
            throw failed(of, e);
        } catch (IOException e) {
            release();
            throw LogReader.unreadable(of, next, e);
        }
    }

    private void find() throws WalException {
        Segment found = log.retain(next);
        boolean entered = false;
        try {
            log.enter(frame, found, next);
            entered = true;
        } finally {
            Segment before = retained ? segment : null;
            retained = entered && frame.borrows();
            segment = entered ? found : null;
            if (!retained) {
                found.release();
            }
            if (before != null) {
                before.release();
            }
        }
    }

    private WalException failed(Segment of, InvalidBytesException e) {
        release();
        return log.corrupt(of, next, e);
    }

    private Segment segmentOfFrame() {
        Segment of = segment;
        if (of == null) {
            throw new IllegalStateException("the cursor is on no record: call next() first");
        }
        return of;
    }

    private void release() {
        frame.forget();
        end = 0;
        Segment held = retained ? segment : null;
        segment = null;
        retained = false;
        if (held != null) {
            held.release();
        }
    }

    @Override
    public boolean next(Duration timeout) throws WalException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout); // the longest is for ever
        while (!next()) { // again when what came was compacted away before it was read
            if (!log.awaitReadable(next, deadline - System.nanoTime())) {
                return false;
            }
        }
        return true;
    }

    @Override
    public long nextLsn() {
        return next;
    }

    @Override
    public WalRecord record() {
        checkOnRecord();
        return new WalRecord(next - 1, frame.tag(), frame.copyOfPayload());
    }

    @Override
    public ByteBuffer payload() {
        checkOnRecord();
        return frame.payload();
    }

    @Override
    public long lsn() {
        checkOnRecord();
        return next - 1;
    }

    @Override
    public long tag() {
        checkOnRecord();
        return frame.tag();
    }

    private void checkOnRecord() {
        if (!frame.isOnRecord()) {
            throw new IllegalStateException("the cursor is on no record: call next() first");
        }
    }

    @Override
    public void close() {
        closed = true;
        release();
    }
}
