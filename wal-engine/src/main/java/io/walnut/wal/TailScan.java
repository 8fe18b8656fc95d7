package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.FrameIndex;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the frames of a segment that is not sealed, from its header on, as far as they are good.
 *
 * @param vouchedLsn a frame among them begins here, and one of them says that all before it was durable
 */
record TailScan(FrameIndex index, long endLsn, long endPosition, long vouchedLsn, String stopped) {
    private static final Logger LOG = LoggerFactory.getLogger(TailScan.class);
    private static final int ZEROS_BYTES = 256 << 10;

    /**
     * The bytes of a file as they are now, for the life of the arena: mapped where the storage can, because nothing is copied
     * that way, and each page looked at once before anything computes on it, so that one that the disk does not give back is
     * an error of this method; else read.
     */
    static ByteBuffer load(StorageFile file, Arena arena) throws IOException {
        long length = file.length();
        if (length > Integer.MAX_VALUE) {
            throw new IOException(file + " has " + length + " bytes, which no segment has");
        }
        if (length == 0) {
            return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
        }
        MemorySegment bytes;
        try {
            bytes = file.map(arena, 0, length);
        } catch (IOException | OutOfMemoryError e) { // a process may have so many mappings, and no more
            LOG.debug("{} cannot be mapped and is read", file, e);
            return read(file, arena, length);
        }
        if (bytes.isMapped()) {
            try {
                bytes.load(); // asks the disk for all of it at once
            } catch (InternalError e) { // how the JVM says that a page of a mapping cannot be read
                throw new IOException(file + " cannot be read: " + e, e);
            }
        }
        return bytes.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer read(StorageFile file, Arena arena, long length) throws IOException {
        ByteBuffer bytes = arena.allocate(length, Blocks.BYTES).asByteBuffer();
        file.read(bytes, 0);
        return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    static TailScan of(ByteBuffer bytes, SegmentHeader header) {
        return of(bytes, header.salt(), header.baseLsn());
    }

    static TailScan of(ByteBuffer bytes, int salt, long baseLsn) {
        FrameIndex index = FrameIndex.EMPTY;
        long lsn = baseLsn;
        long durable = baseLsn;
        int at = SegmentHeader.BYTES;
        String stopped = "";
        while (at < bytes.limit()) {
            try {
                FrameFormat.Header frame = FrameFormat.read(bytes, at, bytes.limit() - at);
                if (frame.salt() != salt || frame.firstLsn() != lsn) {
                    stopped = "frame of LSN " + frame.firstLsn() + " at byte " + at + ", expected LSN " + lsn;
                    break;
                }
                index = index.with(lsn, at);
                durable = Math.max(durable, Math.min(frame.durableLsn(), lsn));
                lsn = frame.endLsn();
                at += frame.length();
            } catch (InvalidBytesException e) {
                stopped = "at byte " + at + ": " + e.getMessage();
                break;
            }
        }
        return new TailScan(
                index, lsn, at, durable == baseLsn ? baseLsn : index.firstLsn(index.ordinal(durable)), stopped);
    }

    static TailScan empty(long lsn) {
        return new TailScan(FrameIndex.EMPTY, lsn, SegmentHeader.BYTES, lsn, "");
    }

    /** Whether the frames of a trailer are the first of these. */
    boolean reaches(SegmentTrailer trailer) {
        FrameIndex sealed = FrameIndex.of(trailer.firstLsns(), trailer.positions());
        int count = sealed.count();
        return index.beginsWith(sealed)
                && trailer.endLsn() == (count == index.count() ? endLsn : index.firstLsn(count));
    }

    /** The frames from one of them on. */
    TailScan from(long lsn) {
        return new TailScan(index.from(lsn), endLsn, endPosition, lsn, stopped);
    }

    /**
     * What stands behind the frames.
     *
     * @param provenLsn first LSN of a good frame which says that the one that should stand there had been durable; or -1
     * @param ofSegment whether there is a good frame of the segment at all
     */
    record Behind(long provenLsn, boolean ofSegment) {}

    /**
     * Looks behind a bad place for a good frame which says that {@code lsn}, the one that should stand there, had been
     * durable. Payloads may hold the bytes of frames, of this log even, so a frame counts only when
     * <ul>
     *   <li>it has the salt of the segment. When the header that says it is lost, the first frame may tell, which no payload
     *       can precede; else frames at the beginning of a block, where writes begin, are taken by their LSNs alone;
     *   <li>its LSNs make sense here: {@code lsn < durable LSN <= first LSN};
     *   <li>it does not lie in the records of the bad frame itself, as far as that one's header can be believed.
     * </ul>
     * A copy of a frame of this very segment in a later payload tells the truth as well as the frame itself.
     */
    static Behind behind(ByteBuffer bytes, int from, long lsn, @Nullable SegmentHeader header) {
        boolean ofSegment = false;
        Integer salt = header != null ? Integer.valueOf(header.salt()) : saltOfFirstFrame(bytes, lsn);
        int last = bytes.limit() - FrameFormat.HEADER_BYTES; // a file cut anywhere may end between two multiples of 8
        int step = salt == null ? Blocks.BYTES : FrameFormat.ALIGNMENT;
        int at = from + believableBytes(bytes, from, lsn, salt);
        if (salt == null) {
            at = (int) Blocks.roundUp(at);
        }
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
        while (at <= last) {
            if (at % Blocks.BYTES == 0 && bytes.getLong(at) == 0) {
                int zero = zeros(bytes, at, zeros) & -Blocks.BYTES;
                if (zero > 0) {
                    at += zero;
                    continue;
                }
            }
            if (salt != null && FrameFormat.salt(bytes, at) != salt) { // most places of a recycled file: be quick
                at += FrameFormat.ALIGNMENT;
                continue;
            }
            FrameFormat.Header frame = candidate(bytes, at, salt);
            if (frame != null) {
                if (lsn < frame.durableLsn() && frame.durableLsn() <= frame.firstLsn()) {
                    return new Behind(frame.firstLsn(), true);
                }
                ofSegment = true;
            }
            int next = at + (frame == null ? step : frame.length());
            at = salt == null ? (int) Blocks.roundUp(next) : next;
        }
        return new Behind(-1, ofSegment);
    }

    /** How many bytes from {@code at} on are zero, as far as {@code zeros} reaches. */
    private static int zeros(ByteBuffer bytes, int at, ByteBuffer zeros) {
        int length = Math.min(zeros.capacity(), bytes.limit() - at);
        int differs = bytes.slice(at, length).mismatch(zeros.slice(0, length));
        return differs < 0 ? length : differs;
    }

    static FrameFormat.@Nullable Header candidate(ByteBuffer bytes, int at, @Nullable Integer salt) {
        int available = bytes.limit() - at;
        if (FrameFormat.plausibleLength(bytes, at, available) < 0
                || (salt == null ? at % Blocks.BYTES != 0 : FrameFormat.salt(bytes, at) != salt)) {
            return null;
        }
        try {
            return FrameFormat.read(bytes, at, available);
        } catch (InvalidBytesException e) {
            return null;
        }
    }

    static @Nullable Integer saltOfFirstFrame(ByteBuffer bytes, long lsn) {
        FrameFormat.Header first =
                SegmentHeader.BYTES < bytes.limit() ? candidate(bytes, SegmentHeader.BYTES, null) : null;
        return first != null && first.firstLsn() == lsn ? Integer.valueOf(first.salt()) : null;
    }

    /**
     * Bytes up to the end of the records of the frame at {@code at}, which is bad, when its header says what it must say
     * there; else 0. A flipped bit in the length does not pass: it must fit the records, or the block.
     */
    static int believableBytes(ByteBuffer bytes, int at, long lsn, @Nullable Integer salt) {
        int length = FrameFormat.plausibleLength(bytes, at, bytes.limit() - at);
        if (length < 0
                || FrameFormat.firstLsn(bytes, at) != lsn
                || (salt != null && FrameFormat.salt(bytes, at) != salt)) {
            return 0;
        }
        int used = FrameFormat.usedBytes(bytes, at);
        boolean tight = length - used < FrameFormat.ALIGNMENT;
        boolean padded = (at + length) % Blocks.BYTES == 0 && length - used < Blocks.BYTES;
        return tight || padded ? used & -FrameFormat.ALIGNMENT : 0;
    }

    /**
     * Whether the frames end where a write ended, and nothing of the segment follows at once: but zeros, or what a recycled file
     * held before.
     */
    boolean endsHere(ByteBuffer bytes, int salt) {
        int at = (int) endPosition;
        return at % Blocks.BYTES == 0
                && (bytes.limit() - at < FrameFormat.HEADER_BYTES
                        || (FrameFormat.salt(bytes, at) != salt && FrameFormat.firstLsn(bytes, at) != endLsn));
    }

    /** Whether all of it is. */
    static boolean isZero(ByteBuffer bytes) {
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
        int at = 0;
        while (at < bytes.limit()) {
            int zero = zeros(bytes, at, zeros);
            if (zero < Math.min(ZEROS_BYTES, bytes.limit() - at)) {
                return false;
            }
            at += zero;
        }
        return true;
    }

    /** Whether the block at {@code at} is, or what there is of it. */
    static boolean isZero(ByteBuffer bytes, int at) {
        int length = Math.min(Blocks.BYTES, bytes.limit() - at);
        return bytes.slice(at, length).mismatch(ByteBuffer.allocate(length)) < 0;
    }
}
