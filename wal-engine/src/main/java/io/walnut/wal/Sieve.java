package io.walnut.wal;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.segment.FrameReader;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a filter leaves of a frame; of one after the other. Each is verified before the filter sees a record of it. For one thread. */
final class Sieve implements RecordView {
    private final CompactionFilter filter;
    private final FrameReader frame = new FrameReader();
    private ByteBuffer records = ByteBuffer.allocate(0);
    private long firstLsn;
    private long endLsn;
    private int kept;
    private int dropped;
    private int gap; // records that are missing just before the next one

    Sieve(CompactionFilter filter) {
        this.filter = filter;
    }

    /**
     * Takes the frame that begins with an LSN; of those of a segment, which is retained, one after the other.
     *
     * @param toLsn what is in it from there on was truncated, and does not count
     */
    void take(Segment segment, long lsn, long toLsn) throws IOException, InvalidBytesException {
        if (lsn == segment.baseLsn() || !frame.follow()) {
            frame.enter(segment, lsn);
        }
        firstLsn = lsn;
        endLsn = Math.min(frame.endLsn(), toLsn);
        kept = 0;
        dropped = 0;
        gap = 0;
        if (records.capacity() < frame.recordsBytes()) {
            records = ByteBuffer.allocate(frame.recordsBytes()).order(ByteOrder.LITTLE_ENDIAN);
        }
        records.clear();
        sift();
        while (!frame.isLast() && frame.lsn() + Math.max(1, frame.gap()) < endLsn) {
            frame.advance();
            sift();
        }
        putGap();
        records.flip();
    }

    /** A record or a gap. A gap takes less room than the least that it stands for, so it always fits. */
    private void sift() throws WalException {
        if (frame.gap() > 0) {
            gap += (int) Math.min(frame.gap(), endLsn - frame.lsn());
        } else if (filter.keeps(this)) {
            putGap();
            ByteBuffer payload = frame.payload();
            FrameFormat.putRecordHeader(records, payload.remaining(), frame.tag());
            records.put(payload);
            kept++;
        } else {
            gap++;
            dropped++;
        }
    }

    private void putGap() {
        if (gap > 0) {
            FrameFormat.putGap(records, gap);
            gap = 0;
        }
    }

    /** Lets go of the segment. */
    void forget() {
        frame.forget();
    }

    long firstLsn() {
        return firstLsn;
    }

    /** One past the last LSN of the frame that counts. */
    long endLsn() {
        return endLsn;
    }

    /** Records that are left. */
    int kept() {
        return kept;
    }

    /** Records that the filter took out. */
    int dropped() {
        return dropped;
    }

    /** LSNs that have no record any more. */
    int gone() {
        return (int) (endLsn - firstLsn) - kept;
    }

    /** Whether nothing was taken out, so that what is stored can stay as it is. */
    boolean isWhole() {
        return dropped == 0 && endLsn == frame.endLsn();
    }

    /** How the records were compressed, or 0. */
    int codec() {
        return frame.codec();
    }

    /** The records as they are stored. */
    ByteBuffer stored() {
        return frame.stored();
    }

    /** Records that are left and the gaps among them, between position and limit. */
    ByteBuffer records() {
        return records;
    }

    @Override
    public long lsn() {
        return frame.lsn();
    }

    @Override
    public long tag() {
        return frame.tag();
    }

    @Override
    public ByteBuffer payload() {
        return frame.payload();
    }

    @Override
    public WalRecord record() {
        return new WalRecord(frame.lsn(), frame.tag(), frame.copyOfPayload());
    }
}
