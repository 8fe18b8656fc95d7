package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * Says that the log was closed in order, in the file {@code CLEAN}, which is deleted when the log is opened. Little endian:
 *
 * <pre>
 *  0       8         12       16         32        40
 *  +-------+---------+--------+----------+---------+
 *  | magic | version | crc32c | log UUID | end LSN |
 *  +-------+---------+--------+----------+---------+
 * </pre>
 *
 * It is believed only when what is on disk ends at the same LSN: less is corrupt.
 */
public record CleanMarker(UUID log, long endLsn) {
    public static final String NAME = "CLEAN";
    public static final String TEMPORARY_NAME = "CLEAN.tmp";

    private static final long MAGIC = 0x4C43_5455_4E4C_4157L; // "WALNUTCL"
    private static final int VERSION = 1;
    private static final int AT_VERSION = 8;
    private static final int AT_CRC = 12;
    private static final int AT_LOG = 16;
    private static final int AT_END = 32;
    private static final int BYTES = 40;

    public ByteBuffer encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, MAGIC);
        bytes.putInt(AT_VERSION, VERSION);
        bytes.putLong(AT_LOG, log.getMostSignificantBits());
        bytes.putLong(AT_LOG + Long.BYTES, log.getLeastSignificantBits());
        bytes.putLong(AT_END, endLsn);
        bytes.putInt(AT_CRC, Checksum.without(bytes, AT_CRC, BYTES));
        return bytes;
    }

    public static CleanMarker read(ByteBuffer source) throws InvalidBytesException, NewerVersionException {
        ByteBuffer bytes = source.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.limit() != BYTES) {
            throw new InvalidBytesException("clean marker: " + bytes.limit() + " bytes, wanted " + BYTES);
        }
        Versioned.check("clean marker", bytes, MAGIC, VERSION, AT_VERSION, AT_CRC, BYTES);
        return new CleanMarker(
                new UUID(bytes.getLong(AT_LOG), bytes.getLong(AT_LOG + Long.BYTES)), bytes.getLong(AT_END));
    }
}
