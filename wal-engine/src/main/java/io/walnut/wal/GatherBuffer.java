package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.segment.FrameIndex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Frames that gather while an earlier write is under way. The first block is kept free for a segment header, which goes out in
 * the same write. Guarded by the log's lock while gathering, owned by the leader while being written.
 */
final class GatherBuffer {
    private static final int START = SegmentHeader.BYTES;

    private final ByteBuffer bytes;
    private int end = START;
    private int lastFrame = -1;
    private long records;

    GatherBuffer(int capacity) {
        bytes = ByteBuffer.allocateDirect(START + capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean isEmpty() {
        return end == START;
    }

    long records() {
        return records;
    }

    /** Bytes on disk as it is: whole blocks. */
    long padded() {
        return Blocks.roundUp(end - START);
    }

    /** Bytes on disk with a further batch: whole blocks. */
    long paddedWith(long encodedBytes) {
        return Blocks.roundUp(end - START + frameBytes(encodedBytes));
    }

    boolean fits(long encodedBytes) {
        return START + paddedWith(encodedBytes) <= bytes.capacity();
    }

    private static long frameBytes(long encodedBytes) {
        long length = FrameFormat.HEADER_BYTES + encodedBytes;
        return (length + FrameFormat.ALIGNMENT - 1) & -FrameFormat.ALIGNMENT;
    }

    void add(Batch batch, long firstLsn) {
        int payload = (int) batch.encodedBytes();
        int length = (int) frameBytes(payload);
        bytes.clear().position(end + FrameFormat.HEADER_BYTES);
        batch.encode(bytes);
        while (bytes.position() < end + length) {
            bytes.put((byte) 0);
        }
        FrameFormat.begin(bytes, end, length, payload, firstLsn, batch.count());
        lastFrame = end;
        end += length;
        records += batch.count();
    }

    /** Pads, completes the frames, and adds them to the index as if written at {@code position}. */
    FrameIndex finish(FrameIndex index, long position, long durableLsn, int salt) {
        int padded = (int) (START + Blocks.roundUp(end - START));
        bytes.clear().position(end);
        while (bytes.position() < padded) {
            bytes.put((byte) 0);
        }
        FrameFormat.pad(bytes, lastFrame, padded - lastFrame);
        FrameIndex result = index;
        for (int at = START; at < padded; at += FrameFormat.length(bytes, at)) {
            FrameFormat.finish(bytes, at, durableLsn, salt);
            result = result.with(FrameFormat.firstLsn(bytes, at), position + at - START);
        }
        end = padded;
        return result;
    }

    /** What goes to disk; after a header, when it is the segment's first write. */
    ByteBuffer withoutHeader() {
        return bytes.clear().slice(START, end - START);
    }

    ByteBuffer withHeader(SegmentHeader header) {
        ByteBuffer block = bytes.clear().slice(0, START).order(ByteOrder.LITTLE_ENDIAN);
        block.put(0, new byte[START]);
        header.write(block);
        return bytes.clear().slice(0, end);
    }

    void clear() {
        end = START;
        lastFrame = -1;
        records = 0;
    }
}
