package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A frame: one batch on disk. Little endian, begins on a multiple of 8 bytes.
 *
 * <pre>
 *  0       4       8               16              24      28      32      36      40
 *  +-------+-------+---------------+---------------+-------+-------+-------+-------+----------------+---------+
 *  | crc   | length| first LSN     | durable LSN   | salt  | bytes | count | flags | records        | padding |
 *  +-------+-------+---------------+---------------+-------+-------+-------+-------+----------------+---------+
 *   crc     CRC32C of everything from length to the end of the padding
 *   length  of the whole frame, header and padding included, a multiple of 8
 *   durable every LSN below was durable when this frame was written
 *   salt    of the segment
 *   bytes   of the records as they are stored; the rest up to length is zero
 *   flags   0; or how the records are compressed: 1 LZ4 (a block), 2 Zstandard (a frame). Then there stand, instead of them,
 *           the length that they had, u32, and what they became; bytes is the length of both. Plus 256 when a compaction has
 *           taken records out: where some stood, there may stand a gap
 *
 *  0       4               12
 *  +-------+---------------+------------------+
 *  | length| tag           | payload (length) |   a record; the next follows at once
 *  +-------+---------------+------------------+
 *
 *  0          4       8
 *  +----------+-------+
 *  | ffffffff | count |   a gap, only where flags say so: so many records stood here, and were compacted away
 *  +----------+-------+
 * </pre>
 */
public final class FrameFormat {
    /** Bytes before a record's payload. */
    public static final int RECORD_HEADER_BYTES = 12;

    /** Most bytes of records that a frame may hold. */
    public static final int MAX_RECORDS_BYTES = 256 << 20;

    /** Bytes before what was compressed. */
    public static final int RAW_LENGTH_BYTES = 4;

    /** Bytes of a gap: less than those of any record. */
    public static final int GAP_BYTES = 8;

    public static final int HEADER_BYTES = 40;
    public static final int ALIGNMENT = 8;

    static final int CRC = 0;
    static final int LENGTH = 4;
    static final int FIRST_LSN = 8;
    static final int DURABLE_LSN = 16;
    static final int SALT = 24;
    static final int PAYLOAD_BYTES = 28;
    static final int COUNT = 32;
    static final int FLAGS = 36;

    private static final int MAX_CODEC = 2;
    private static final int CODEC_MASK = 0xFF;
    private static final int COMPACTED = 0x100;
    private static final int GAP_MARK = 0xFFFF_FFFF;

    private FrameFormat() {}

    /** Largest space on disk that a batch of this many encoded bytes takes: header, records, padding to the block. */
    public static long paddedBytes(long payloadBytes) {
        return Blocks.roundUp(HEADER_BYTES + payloadBytes);
    }

    /** Puts length and tag at the buffer's position; the payload is to follow. */
    public static void putRecordHeader(ByteBuffer target, int lengthBytes, long tag) {
        target.putInt(lengthBytes);
        target.putLong(tag);
    }

    /** What a frame's header says. */
    public record Header(int length, int payloadBytes, long firstLsn, long durableLsn, int salt, int count) {
        /** One past the LSN of the last record. */
        public long endLsn() {
            return firstLsn + count;
        }
    }

    /** Writes what is known when a batch is taken; {@link #finish} writes the rest. */
    public static void begin(ByteBuffer target, int at, int length, int payloadBytes, long firstLsn, int count) {
        target.putInt(at + LENGTH, length);
        target.putLong(at + FIRST_LSN, firstLsn);
        target.putInt(at + PAYLOAD_BYTES, payloadBytes);
        target.putInt(at + COUNT, count);
        target.putInt(at + FLAGS, 0);
    }

    public static int length(ByteBuffer source, int at) {
        return source.getInt(at + LENGTH);
    }

    public static long firstLsn(ByteBuffer source, int at) {
        return source.getLong(at + FIRST_LSN);
    }

    public static int salt(ByteBuffer source, int at) {
        return source.getInt(at + SALT);
    }

    /** Header and records, without the padding. */
    public static int usedBytes(ByteBuffer source, int at) {
        return HEADER_BYTES + source.getInt(at + PAYLOAD_BYTES);
    }

    public static int count(ByteBuffer source, int at) {
        return source.getInt(at + COUNT);
    }

    /** How the records were compressed; 0 when they were not. */
    public static int codec(ByteBuffer source, int at) {
        return source.getInt(at + FLAGS) & CODEC_MASK;
    }

    /** Whether there may be gaps among the records. */
    public static boolean isCompacted(ByteBuffer source, int at) {
        return (source.getInt(at + FLAGS) & COMPACTED) != 0;
    }

    /** There may be gaps among the records. To be called after {@link #begin} and {@link #setCodec}. */
    public static void setCompacted(ByteBuffer target, int at) {
        target.putInt(at + FLAGS, target.getInt(at + FLAGS) | COMPACTED);
    }

    /** Puts a gap at the buffer's position: so many records were there, at least 1. */
    public static void putGap(ByteBuffer target, int count) {
        target.putInt(GAP_MARK);
        target.putInt(count);
    }

    /** The records were compressed: what is stored begins with the length that they had. To be called after {@link #begin}. */
    public static void setCodec(ByteBuffer target, int at, int codec) {
        target.putInt(at + FLAGS, codec);
    }

    /** Bytes of the records, when they are not compressed any more. */
    public static int recordsBytes(ByteBuffer source, int at) {
        return source.getInt(at + (codec(source, at) == 0 ? PAYLOAD_BYTES : HEADER_BYTES));
    }

    /** Makes a frame longer; the bytes added must be zero. */
    public static void pad(ByteBuffer target, int at, int length) {
        target.putInt(at + LENGTH, length);
    }

    /** Writes what is known only when a frame goes to disk, and its checksum. */
    public static void finish(ByteBuffer target, int at, long durableLsn, int salt, CRC32C crc) {
        target.putLong(at + DURABLE_LSN, durableLsn);
        target.putInt(at + SALT, salt);
        target.putInt(at + CRC, Checksum.of(crc, target, at + LENGTH, at + length(target, at)));
    }

    /** Length of the frame at {@code at}, when the header makes sense so far; else -1. */
    public static int plausibleLength(ByteBuffer source, int at, long available) {
        if (available < HEADER_BYTES) {
            return -1;
        }
        int length = source.getInt(at + LENGTH);
        int payload = source.getInt(at + PAYLOAD_BYTES);
        int codec = source.getInt(at + FLAGS) & ~COMPACTED;
        boolean compacted = isCompacted(source, at);
        boolean plausible = length >= HEADER_BYTES
                && length % ALIGNMENT == 0
                && length <= available
                && payload > RAW_LENGTH_BYTES
                && payload <= length - HEADER_BYTES
                && codec >= 0
                && codec <= MAX_CODEC;
        int records = plausible ? recordsBytes(source, at) : 0;
        plausible &= records >= (compacted ? GAP_BYTES : RECORD_HEADER_BYTES)
                && records <= MAX_RECORDS_BYTES
                && source.getInt(at + COUNT) >= 1
                && (compacted || source.getInt(at + COUNT) <= records / RECORD_HEADER_BYTES);
        return plausible ? length : -1;
    }

    /**
     * Verifies header and checksum of a frame: its bytes are those that were written. Leaves the records to who walks them.
     *
     * @return its length
     */
    public static int verify(ByteBuffer source, int at, long available, CRC32C crc) throws InvalidBytesException {
        int length = plausibleLength(source, at, available);
        if (length < 0) {
            throw new InvalidBytesException("frame header makes no sense");
        }
        int computed = Checksum.of(crc, source, at + LENGTH, at + length);
        if (computed != source.getInt(at + CRC)) {
            throw new InvalidBytesException(
                    "frame checksum: computed %08x, stored %08x".formatted(computed, source.getInt(at + CRC)));
        }
        return length;
    }

    /**
     * Verifies a whole frame; throws when anything of it is not as it was written. Records that were compressed are looked at by who
     * reads them.
     */
    public static Header read(ByteBuffer source, int at, long available) throws InvalidBytesException {
        int length = verify(source, at, available, new CRC32C());
        Header header = new Header(
                length,
                source.getInt(at + PAYLOAD_BYTES),
                source.getLong(at + FIRST_LSN),
                source.getLong(at + DURABLE_LSN),
                source.getInt(at + SALT),
                source.getInt(at + COUNT));
        int record = at + HEADER_BYTES;
        int end = record + header.payloadBytes;
        boolean compacted = isCompacted(source, at);
        for (int left = codec(source, at) == 0 ? header.count : 0; left > 0; ) {
            int gap = compacted ? gap(source, record, end, left) : 0;
            record = gap > 0 ? record + GAP_BYTES : recordAfter(source, record, end, left);
            left -= Math.max(1, gap);
        }
        return header;
    }

    /**
     * How many records are missing at {@code at}, of a frame that was compacted: 0 when one stands there. A gap is followed at once
     * by the next record. The other parameters are those of {@link #recordAfter}.
     */
    public static int gap(ByteBuffer source, int at, int end, int left) throws InvalidBytesException {
        if (end - at < GAP_BYTES || source.getInt(at) != GAP_MARK) {
            return 0;
        }
        int count = source.getInt(at + Integer.BYTES);
        if (count < 1 || count > left || (count == left && at + GAP_BYTES != end)) {
            throw new InvalidBytesException("gap of " + count + " records, " + left
                    + " before the end of a frame that has " + (end - at - GAP_BYTES) + " bytes left");
        }
        return count;
    }

    /**
     * Position of the record after the one at {@code record}, which must lie before {@code end}, where the records of the frame
     * end; with {@code left} = 1, the last one, it must end there.
     */
    public static int recordAfter(ByteBuffer source, int record, int end, int left) throws InvalidBytesException {
        int room = end - record - RECORD_HEADER_BYTES;
        int length = room < 0 ? -1 : source.getInt(record);
        if (length < 0 || length > room || (left == 1 && length != room)) {
            throw new InvalidBytesException("record of " + length + " bytes, " + left
                    + " before the end of a frame that has " + room + " bytes left for it");
        }
        return record + RECORD_HEADER_BYTES + length;
    }

    public static long tag(ByteBuffer source, int record) {
        return source.getLong(record + Integer.BYTES);
    }

    public static int payloadLength(ByteBuffer source, int record) {
        return source.getInt(record);
    }
}
