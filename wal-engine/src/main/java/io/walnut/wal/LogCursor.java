package io.walnut.wal;

import io.walnut.wal.format.FrameFormat;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The one cursor: holds a copy of the frame it is in. */
final class LogCursor implements TailCursor {
    private final LogReader log;
    private long next;
    private @Nullable ByteBuffer frame;
    private long frameEnd;
    private int frameCuts; // the frame was read when the log had been cut so often
    private int record = -1;

    LogCursor(LogReader log, long fromLsn) {
        this.log = log;
        this.next = fromLsn;
    }

    @Override
    public boolean next() throws WalException {
        if (next >= log.readableLsn()) {
            return false;
        }
        ByteBuffer current = frame;
        int cuts =
                log.cuts(); // after the readable LSN: a record written anew is not readable before its old one is cut
        if (current == null || cuts != frameCuts || next >= frameEnd || next < FrameFormat.firstLsn(current, 0)) {
            LogReader.FrameCopy copy = log.frameCopy(next);
            current = copy.bytes();
            frame = current;
            frameCuts = cuts;
            frameEnd = copy.endLsn();
            long first = FrameFormat.firstLsn(current, 0);
            record = FrameFormat.recordAt(current, 0, Math.toIntExact(next - first));
        } else {
            record = FrameFormat.recordAfter(current, record);
        }
        next++;
        return true;
    }

    @Override
    public boolean next(Duration timeout) throws WalException, InterruptedException {
        return next() || (log.awaitReadable(next, timeout) && next());
    }

    @Override
    public long nextLsn() {
        return next;
    }

    @Override
    public WalRecord record() {
        ByteBuffer current = current();
        ByteBuffer view = FrameFormat.payload(current, record);
        ByteBuffer copy = ByteBuffer.allocate(view.remaining()).put(view).flip();
        return new WalRecord(lsn(), tag(), copy.asReadOnlyBuffer());
    }

    private ByteBuffer current() {
        if (frame == null) {
            throw new IllegalStateException("the cursor is on no record: call next() first");
        }
        return frame;
    }

    @Override
    public long lsn() {
        current();
        return next - 1;
    }

    @Override
    public long tag() {
        return FrameFormat.tag(current(), record);
    }

    @Override
    public void close() {
        frame = null;
    }
}
