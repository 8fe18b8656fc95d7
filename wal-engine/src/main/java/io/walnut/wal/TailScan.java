package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.FrameIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads the frames of a segment that is not sealed, from its header on, as far as they are good. */
record TailScan(FrameIndex index, long endLsn, long endPosition, String stopped) {

    static ByteBuffer load(StorageFile file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.length())).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, 0);
        return bytes.flip();
    }

    static TailScan of(ByteBuffer bytes, SegmentHeader header) {
        FrameIndex index = FrameIndex.EMPTY;
        long lsn = header.baseLsn();
        int at = SegmentHeader.BYTES;
        String stopped = "";
        while (at < bytes.limit()) {
            try {
                FrameFormat.Header frame = FrameFormat.read(bytes, at, bytes.limit() - at);
                if (frame.salt() != header.salt() || frame.firstLsn() != lsn) {
                    stopped = "frame of LSN " + frame.firstLsn() + " at byte " + at + ", expected LSN " + lsn;
                    break;
                }
                index = index.with(lsn, at);
                lsn = frame.endLsn();
                at += frame.length();
            } catch (InvalidBytesException e) {
                stopped = "at byte " + at + ": " + e.getMessage();
                break;
            }
        }
        return new TailScan(index, lsn, at, stopped);
    }

    /**
     * Whether good frames behind a bad place say that the record there had been durable: the first LSN that does, or -1.
     * Frames begin on multiples of 8; the salt is compared when it is known.
     */
    static long evidence(ByteBuffer bytes, int from, long lsn) {
        int last = bytes.limit() - FrameFormat.ALIGNMENT; // a file cut anywhere may end between two multiples of 8
        for (int at = Math.max(SegmentHeader.BYTES, from); at <= last; at += FrameFormat.ALIGNMENT) {
            if (bytes.getLong(at) == 0 && at % Blocks.BYTES == 0 && isZero(bytes, at)) {
                at += Blocks.BYTES - FrameFormat.ALIGNMENT;
                continue;
            }
            int length = FrameFormat.plausibleLength(bytes, at, bytes.limit() - at);
            if (length > 0) {
                try {
                    FrameFormat.Header frame = FrameFormat.read(bytes, at, bytes.limit() - at);
                    if (frame.durableLsn() > lsn) {
                        return frame.firstLsn();
                    }
                    at += length - FrameFormat.ALIGNMENT;
                } catch (InvalidBytesException e) {
                    // not a frame
                }
            }
        }
        return -1;
    }

    static boolean restIsZero(ByteBuffer bytes, long from) {
        for (int at = (int) from; at < bytes.limit(); at += Blocks.BYTES) {
            if (!isZero(bytes, at)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isZero(ByteBuffer bytes, int at) {
        int length = Math.min(Blocks.BYTES, bytes.limit() - at);
        return bytes.slice(at, length).mismatch(ByteBuffer.allocate(length)) < 0;
    }
}
