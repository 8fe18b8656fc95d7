package io.walnut.wal.segment;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Where the frames of a sealed segment begin, by the table at the end of its file, in which it looks: nothing is kept on the heap.
 * Where the file is not mapped each look is a read of a few bytes.
 * The table was verified when it was written or opened; a row that has gone bad since leads to a place where the frame in question
 * is not, which is noticed there.
 */
final class OffsetTable {
    private static final int POSITION = Integer.BYTES;

    private final StorageFile file;
    private final @Nullable ByteBuffer mapped;
    private final long table;
    private final int frames;
    private final long baseLsn;

    /** {@code mapped} is the whole file, or null. */
    OffsetTable(StorageFile file, @Nullable ByteBuffer mapped, long table, int frames, long baseLsn) {
        this.file = file;
        this.mapped = mapped == null ? null : mapped.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.table = table;
        this.frames = frames;
        this.baseLsn = baseLsn;
    }

    /** The last frame that begins at or below {@code lsn}, or -1. */
    int ordinal(long lsn) throws IOException, InvalidBytesException {
        long wanted = lsn - baseLsn;
        int low = 0;
        int high = frames;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (field(middle, 0) <= wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    /** Where a frame begins; for the one after the last, where all end. */
    long position(int ordinal) throws IOException, InvalidBytesException {
        return ordinal == frames ? table : field(ordinal, POSITION) * FrameFormat.ALIGNMENT;
    }

    private long field(int row, int offset) throws IOException, InvalidBytesException {
        long at = table + (long) row * SegmentTrailer.ROW_BYTES + offset;
        if (mapped != null) {
            return Integer.toUnsignedLong(mapped.getInt((int) at));
        }
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (file.read(bytes, at) < Integer.BYTES) {
            throw new InvalidBytesException("the file ends within the offset table, before byte " + at);
        }
        return Integer.toUnsignedLong(bytes.getInt(0));
    }
}
