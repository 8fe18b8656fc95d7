package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Which segments make the log, little endian, in the file {@code MANIFEST}, which is replaced whole:
 *
 * <pre>
 *  0       8         12       16         32          40        48         56      60    64
 *  +-------+---------+--------+----------+-----------+---------+----------+-------+-----+-- rows --+
 *  | magic | version | crc32c | log UUID | start LSN | tail id | tail LSN | count |  0  |          |
 *  +-------+---------+--------+----------+-----------+---------+----------+-------+-----+----------+
 *
 *  row:  segment id u64 | base LSN u64 | end LSN u64 | salt u64
 * </pre>
 *
 * Listed segments are sealed and hold, in this order, the LSNs up to {@code tail LSN}; of each, the LSNs from its base to its
 * end count, whatever else its file holds: that is how the log is truncated. Files with an id of {@code tail id} or above are
 * the tail, which recovery scans; any other file that is not listed is left over and deleted.
 */
public record Manifest(UUID log, long startLsn, long tailId, long tailLsn, List<Entry> segments) {
    public static final String NAME = "MANIFEST";
    public static final String TEMPORARY_NAME = "MANIFEST.tmp";

    private static final long MAGIC = 0x464D_5455_4E4C_4157L; // "WALNUTMF"
    private static final int VERSION = 1;
    private static final int AT_VERSION = 8;
    private static final int AT_CRC = 12;
    private static final int AT_LOG = 16;
    private static final int AT_START = 32;
    private static final int AT_TAIL_ID = 40;
    private static final int AT_TAIL_LSN = 48;
    private static final int AT_COUNT = 56;
    private static final int HEADER_BYTES = 64;
    private static final int ROW_BYTES = 32;

    /** A sealed segment and the LSNs {@code [baseLsn, endLsn)} of it that count. */
    public record Entry(long segmentId, long baseLsn, long endLsn, int salt) {}

    public Manifest {
        segments = List.copyOf(segments);
    }

    public ByteBuffer encode() {
        ByteBuffer bytes =
                ByteBuffer.allocate(HEADER_BYTES + segments.size() * ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, MAGIC);
        bytes.putInt(AT_VERSION, VERSION);
        bytes.putLong(AT_LOG, log.getMostSignificantBits());
        bytes.putLong(AT_LOG + Long.BYTES, log.getLeastSignificantBits());
        bytes.putLong(AT_START, startLsn);
        bytes.putLong(AT_TAIL_ID, tailId);
        bytes.putLong(AT_TAIL_LSN, tailLsn);
        bytes.putInt(AT_COUNT, segments.size());
        bytes.position(HEADER_BYTES);
        for (Entry entry : segments) {
            bytes.putLong(entry.segmentId)
                    .putLong(entry.baseLsn)
                    .putLong(entry.endLsn)
                    .putLong(entry.salt);
        }
        bytes.putInt(AT_CRC, Checksum.without(bytes, AT_CRC, bytes.capacity()));
        return bytes.flip();
    }

    public static Manifest read(ByteBuffer source) throws InvalidBytesException, NewerVersionException {
        ByteBuffer bytes = source.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.limit() < HEADER_BYTES) {
            throw new InvalidBytesException("manifest: " + bytes.limit() + " bytes, wanted at least " + HEADER_BYTES);
        }
        Versioned.check("manifest", bytes, MAGIC, VERSION, AT_VERSION, AT_CRC, bytes.limit());
        int count = bytes.getInt(AT_COUNT);
        if (count < 0 || HEADER_BYTES + (long) count * ROW_BYTES != bytes.limit()) {
            throw new InvalidBytesException("manifest: " + count + " segments in " + bytes.limit() + " bytes");
        }
        var segments = new ArrayList<Entry>(count);
        for (int i = 0; i < count; i++) {
            int row = HEADER_BYTES + i * ROW_BYTES;
            segments.add(new Entry(bytes.getLong(row), bytes.getLong(row + 8), bytes.getLong(row + 16), (int)
                    bytes.getLong(row + 24)));
        }
        return new Manifest(
                new UUID(bytes.getLong(AT_LOG), bytes.getLong(AT_LOG + Long.BYTES)),
                bytes.getLong(AT_START),
                bytes.getLong(AT_TAIL_ID),
                bytes.getLong(AT_TAIL_LSN),
                segments);
    }
}
