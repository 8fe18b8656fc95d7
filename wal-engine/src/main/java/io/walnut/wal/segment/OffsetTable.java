package io.walnut.wal.segment;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.SegmentTrailer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where the frames of a sealed segment begin, by the table at the end of its file, in which it looks: nothing is kept on the heap.
 * The table was verified when it was written or opened; a row that has gone bad since leads to a place where the frame in question
 * is not, which is noticed there.
 */
final class OffsetTable {
    private static final int POSITION = Integer.BYTES;

    private final ByteBuffer file;
    private final int table;
    private final int frames;
    private final long baseLsn;

    OffsetTable(ByteBuffer file, int table, int frames, long baseLsn) {
        this.file = file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.table = table;
        this.frames = frames;
        this.baseLsn = baseLsn;
    }

    /** The last frame that begins at or below {@code lsn}, or -1. */
    int ordinal(long lsn) {
        long wanted = lsn - baseLsn;
        int low = 0;
        int high = frames;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Integer.toUnsignedLong(file.getInt(table + middle * SegmentTrailer.ROW_BYTES)) <= wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    /** Where a frame begins; for the one after the last, where all end. */
    long position(int ordinal) {
        return ordinal == frames
                ? table
                : Integer.toUnsignedLong(file.getInt(table + ordinal * SegmentTrailer.ROW_BYTES + POSITION))
                        * FrameFormat.ALIGNMENT;
    }
}
