package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.Storage;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.UUID;

/** Good frames, sealed in a file of their own. Nothing is done to the file that they come from. */
final class SegmentCopy {
    private SegmentCopy() {}

    /**
     * Writes the frames that {@code frames} found, one after the other, in {@code bytes}. Durable on return, but for the entry;
     * when this fails there is no such file.
     *
     * @param salt of the frames
     */
    static Segment write(Storage storage, UUID log, long id, int salt, ByteBuffer bytes, TailScan frames)
            throws IOException {
        return write(storage, Segment.name(id), log, id, salt, bytes, frames);
    }

    /** The same, in a file that has another name for now. */
    static Segment write(Storage storage, String name, UUID log, long id, int salt, ByteBuffer bytes, TailScan frames)
            throws IOException {
        long[] firstLsns = frames.index().firstLsns();
        long[] positions = frames.index().positions();
        int from = Math.toIntExact(positions[0]);
        int end = SegmentHeader.BYTES + Math.toIntExact(frames.endPosition()) - from;
        for (int i = 0; i < positions.length; i++) {
            positions[i] += SegmentHeader.BYTES - from;
        }
        ByteBuffer header = ByteBuffer.allocateDirect(SegmentHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        // Made length 0: nobody made it longer than it is.
        new SegmentHeader(log, id, firstLsns[0], salt, 0).write(header);
        ByteBuffer rest = ByteBuffer.allocate((int) (Blocks.roundUp(end) - end));
        // Durable before the trailer is written, which says that they are.
        SmallFiles.write(storage, name, header, bytes.slice(from, end - SegmentHeader.BYTES), rest);
        Segment segment = new Segment(
                id,
                firstLsns[0],
                salt,
                storage.open(name, true),
                FrameIndex.of(firstLsns, positions),
                frames.endLsn(),
                end);
        try {
            segment.seal(Math.toIntExact(isCompacted(bytes, frames) ? SealedSegments.gone(segment) : 0));
            return segment;
        } catch (InvalidBytesException e) {
            segment.release();
            throw new IOException(name + " was just written and is not good: " + e.getMessage(), e);
        } catch (IOException | RuntimeException | Error e) {
            segment.release();
            throw e;
        }
    }

    private static boolean isCompacted(ByteBuffer bytes, TailScan frames) {
        return Arrays.stream(frames.index().positions()).anyMatch(at -> FrameFormat.isCompacted(bytes, (int) at));
    }
}
