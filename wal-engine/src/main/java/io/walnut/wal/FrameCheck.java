package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.ScrubFinding;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Reads a sealed segment from the disk, past the page cache where the storage can, and verifies it frame by frame. It does not
 * use the mapping: a scrub that went through it would push out of memory what readers want there.
 */
final class FrameCheck {
    private static final int CHUNK_BYTES = 256 << 10; // small: an append that comes meanwhile waits for the disk

    private final Segment segment;
    private final StorageFile file;
    private final Consumer<ScrubFinding> found;
    private final IntConsumer pace;
    private ByteBuffer chunk = buffer(CHUNK_BYTES);
    private long chunkFrom;
    private long chunkTo;

    /**
     * @param found hears of each frame that is wrong
     * @param pace hears of bytes read, after each read, and may wait; it ends the check by an exception
     */
    FrameCheck(Segment segment, Consumer<ScrubFinding> found, IntConsumer pace) {
        this.segment = segment;
        this.file = segment.file();
        this.found = found;
        this.pace = pace;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes + Blocks.BYTES)
                .alignedSlice(Blocks.BYTES)
                .limit(bytes);
    }

    /** The caller holds the segment. */
    void run() {
        SegmentTrailer trailer;
        try {
            trailer = trailer();
        } catch (IOException e) {
            tell(segment.baseLsn(), segment.endLsn(), segment.endPosition(), true, "its table: " + e);
            return;
        } catch (InvalidBytesException | NewerVersionException e) {
            tell(segment.baseLsn(), segment.endLsn(), segment.endPosition(), false, "its table: " + e.getMessage());
            return;
        }
        long[] lsns = trailer.firstLsns();
        long[] positions = trailer.positions();
        for (int i = 0; i < lsns.length && lsns[i] < segment.endLsn(); i++) {
            long limit = i + 1 < lsns.length ? positions[i + 1] : trailer.tablePosition();
            long next = i + 1 < lsns.length ? lsns[i + 1] : trailer.endLsn();
            try {
                check(lsns[i], positions[i], limit, trailer.salt());
            } catch (IOException e) {
                tell(lsns[i], Math.min(next, segment.endLsn()), positions[i], true, e.toString());
            } catch (InvalidBytesException e) {
                tell(lsns[i], Math.min(next, segment.endLsn()), positions[i], false, "" + e.getMessage());
            }
        }
    }

    private void tell(long fromLsn, long toLsn, long position, boolean unreadable, String detail) {
        found.accept(new ScrubFinding(segment.id(), fromLsn, toLsn, position, unreadable, detail));
    }

    private SegmentTrailer trailer() throws IOException, InvalidBytesException, NewerVersionException {
        ByteBuffer bytes = SealedSegments.trailer(file, file.length());
        pace.accept(bytes.limit() + SegmentHeader.BYTES);
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
        file.read(block, 0);
        SegmentHeader header = SegmentHeader.read(block.flip());
        SegmentTrailer trailer = SegmentTrailer.read(bytes);
        if (header.salt() != segment.salt()
                || trailer.salt() != segment.salt()
                || header.baseLsn() != segment.baseLsn()
                || trailer.endLsn() < segment.endLsn()) {
            throw new InvalidBytesException("it is not the segment that was opened");
        }
        return trailer;
    }

    private void check(long lsn, long position, long limit, int salt) throws IOException, InvalidBytesException {
        if (position < SegmentHeader.BYTES || limit <= position || limit - position > Integer.MAX_VALUE) {
            throw new InvalidBytesException("the table says that it reaches from byte " + position + " to " + limit);
        }
        if (position < chunkFrom || limit > chunkTo) {
            fill(position, limit);
        }
        int at = (int) (position - chunkFrom);
        FrameFormat.Header frame = FrameFormat.read(chunk, at, limit - position);
        if (frame.salt() != salt || frame.firstLsn() != lsn) {
            throw new InvalidBytesException("frame of LSN " + frame.firstLsn() + " where LSN " + lsn + " belongs");
        }
    }

    private void fill(long position, long limit) throws IOException, InvalidBytesException {
        long from = position & -Blocks.BYTES;
        if (limit - from > chunk.capacity()) {
            chunk = buffer((int) Blocks.roundUp(limit - from));
        }
        chunkTo = chunkFrom; // nothing, should the read fail
        chunk.clear();
        int read = file.readPastCache(chunk, from);
        chunk.clear().order(ByteOrder.LITTLE_ENDIAN);
        pace.accept(read);
        chunkFrom = from;
        chunkTo = from + read;
        if (chunkTo < limit) {
            throw new InvalidBytesException("the file ends at byte " + chunkTo);
        }
    }
}
