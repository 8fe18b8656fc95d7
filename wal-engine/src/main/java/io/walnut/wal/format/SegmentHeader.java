package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * The first block of a segment, little endian:
 *
 * <pre>
 *  0        8         12       16            32           40         48     52  56            64                4096
 *  +--------+---------+--------+-------------+------------+----------+------+---+-------------+-----------------+
 *  | magic  | version | crc32c | log UUID    | segment id | base LSN | salt | 0 | made length | zeros           |
 *  +--------+---------+--------+-------------+------------+----------+------+---+-------------+-----------------+
 * </pre>
 *
 * {@code made length} is that of the file as it was prepared: until a segment is sealed it is never shorter. The checksum is
 * over the block without itself. A block of zeros is a segment that was prepared and never written.
 */
public record SegmentHeader(UUID log, long segmentId, long baseLsn, int salt, long madeBytes) {
    /** Bytes of the header, and the unit in which the log writes. */
    public static final int BYTES = Blocks.BYTES;

    private static final long MAGIC = 0x4753_5455_4E4C_4157L; // "WALNUTSG"
    private static final int VERSION = 1;
    private static final int AT_VERSION = 8;
    private static final int AT_CRC = 12;
    private static final int AT_LOG = 16;
    private static final int AT_ID = 32;
    private static final int AT_BASE = 40;
    private static final int AT_SALT = 48;
    private static final int AT_MADE = 56;

    /** Writes the block at the start of {@code target}, which must be zero there. */
    public void write(ByteBuffer target) {
        target.putLong(0, MAGIC);
        target.putInt(AT_VERSION, VERSION);
        target.putLong(AT_LOG, log.getMostSignificantBits());
        target.putLong(AT_LOG + Long.BYTES, log.getLeastSignificantBits());
        target.putLong(AT_ID, segmentId);
        target.putLong(AT_BASE, baseLsn);
        target.putInt(AT_SALT, salt);
        target.putLong(AT_MADE, madeBytes);
        target.putInt(AT_CRC, Checksum.without(target, AT_CRC, BYTES));
    }

    /** Whether the block was never written. */
    public static boolean isBlank(ByteBuffer block) {
        return block.slice(0, BYTES).mismatch(ByteBuffer.allocate(BYTES)) < 0;
    }

    public static SegmentHeader read(ByteBuffer block) throws InvalidBytesException, NewerVersionException {
        ByteBuffer bytes = block.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        Versioned.check("segment header", bytes, MAGIC, VERSION, AT_VERSION, AT_CRC, BYTES);
        return new SegmentHeader(
                new UUID(bytes.getLong(AT_LOG), bytes.getLong(AT_LOG + Long.BYTES)),
                bytes.getLong(AT_ID),
                bytes.getLong(AT_BASE),
                bytes.getInt(AT_SALT),
                bytes.getLong(AT_MADE));
    }
}
