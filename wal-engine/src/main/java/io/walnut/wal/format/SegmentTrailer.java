package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What seals a segment: the offset table and the footer, at the end of the file, little endian.
 *
 * <pre>
 *  table, one row a frame                      footer, the last 64 bytes of the file
 *  0           4                   8           0       8         12       16         24        32     40      48       52    56       64
 *  +-----------+-------------------+-- ... --+ +-------+---------+--------+----------+---------+------+-------+--------+-----+--------+
 *  | LSN-base  | position / 8      |         | | magic | version | crc32c | base LSN | end LSN | salt | table | frames | gone| length |
 *  +-----------+-------------------+-- ... --+ +-------+---------+--------+----------+---------+------+-------+--------+-----+--------+
 * </pre>
 *
 * {@code table} is the position of the table, where the frames end; {@code gone} counts the LSNs from base to end whose records were
 * compacted away; {@code length} is that of the file. The checksum is over the
 * footer without itself, followed by the table.
 */
@SuppressWarnings("ArrayRecordComponent") // owned by whoever made it; copied by nobody
public record SegmentTrailer(
        long baseLsn, long endLsn, int salt, long tablePosition, long[] firstLsns, long[] positions, int gone) {
    public static final int FOOTER_BYTES = 64;
    public static final int ROW_BYTES = 8;

    private static final long MAGIC = 0x5446_5455_4E4C_4157L; // "WALNUTFT"
    private static final int VERSION = 1;
    private static final int AT_VERSION = 8;
    private static final int AT_CRC = 12;
    private static final int AT_BASE = 16;
    private static final int AT_END = 24;
    private static final int AT_SALT = 32;
    private static final int AT_TABLE = 40;
    private static final int AT_FRAMES = 48;
    private static final int AT_GONE = 52;
    private static final int AT_LENGTH = 56;

    /** Table and footer as they stand from {@code tablePosition} to the end of the file. */
    public ByteBuffer encode() {
        int tableBytes = firstLsns.length * ROW_BYTES;
        ByteBuffer trailer = ByteBuffer.allocate(tableBytes + FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < firstLsns.length; i++) {
            trailer.putInt(i * ROW_BYTES, Math.toIntExact(firstLsns[i] - baseLsn));
            trailer.putInt(i * ROW_BYTES + Integer.BYTES, Math.toIntExact(positions[i] / FrameFormat.ALIGNMENT));
        }
        ByteBuffer footer = trailer.slice(tableBytes, FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        footer.putLong(0, MAGIC);
        footer.putInt(AT_VERSION, VERSION);
        footer.putLong(AT_BASE, baseLsn);
        footer.putLong(AT_END, endLsn);
        footer.putInt(AT_SALT, salt);
        footer.putLong(AT_TABLE, tablePosition);
        footer.putInt(AT_FRAMES, firstLsns.length);
        footer.putInt(AT_GONE, gone);
        footer.putLong(AT_LENGTH, tablePosition + tableBytes + FOOTER_BYTES);
        footer.putInt(AT_CRC, Checksum.without(footer, AT_CRC, FOOTER_BYTES, trailer.slice(0, tableBytes)));
        return trailer;
    }

    /** Where the trailer begins, by the footer alone; the rest is not verified yet. */
    public static long tablePosition(ByteBuffer footer, long fileLength) throws InvalidBytesException {
        ByteBuffer bytes = footer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        checkLength(bytes.limit());
        long table = bytes.getLong(AT_TABLE);
        long frames = bytes.getInt(AT_FRAMES);
        if (bytes.getLong(0) != MAGIC
                || frames < 1
                || table < SegmentHeader.BYTES
                || table % Blocks.BYTES != 0
                || fileLength > Integer.MAX_VALUE
                || table + frames * ROW_BYTES + FOOTER_BYTES != fileLength) {
            throw new InvalidBytesException("segment footer: not one, or of another file length than " + fileLength);
        }
        return table;
    }

    /** LSNs that were compacted away, by the footer alone. */
    public static int gone(ByteBuffer footer) {
        return footer.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(AT_GONE);
    }

    /** What a footer says of its segment; table and footer are verified, the rows not taken apart. */
    public record Footer(long baseLsn, long endLsn, int salt, long tablePosition, int frames, int gone) {}

    /** Verifies table and footer, which fill {@code trailer}. */
    public static Footer check(ByteBuffer trailer) throws InvalidBytesException, NewerVersionException {
        checkLength(trailer.limit());
        int tableBytes = trailer.limit() - FOOTER_BYTES;
        ByteBuffer footer = trailer.slice(tableBytes, FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Versioned.check(
                "segment footer",
                footer,
                MAGIC,
                VERSION,
                AT_VERSION,
                AT_CRC,
                FOOTER_BYTES,
                trailer.slice(0, tableBytes));
        int frames = tableBytes / ROW_BYTES;
        if (footer.getInt(AT_FRAMES) != frames) {
            throw new InvalidBytesException(
                    "segment footer: " + footer.getInt(AT_FRAMES) + " frames, table has " + frames);
        }
        return new Footer(
                footer.getLong(AT_BASE),
                footer.getLong(AT_END),
                footer.getInt(AT_SALT),
                footer.getLong(AT_TABLE),
                frames,
                footer.getInt(AT_GONE));
    }

    /** Reads table and footer, which fill {@code trailer}. */
    public static SegmentTrailer read(ByteBuffer trailer) throws InvalidBytesException, NewerVersionException {
        Footer footer = check(trailer);
        ByteBuffer rows = trailer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        long[] firstLsns = new long[footer.frames];
        long[] positions = new long[footer.frames];
        for (int i = 0; i < footer.frames; i++) {
            firstLsns[i] = footer.baseLsn + Integer.toUnsignedLong(rows.getInt(i * ROW_BYTES));
            positions[i] = Integer.toUnsignedLong(rows.getInt(i * ROW_BYTES + Integer.BYTES)) * FrameFormat.ALIGNMENT;
        }
        return new SegmentTrailer(
                footer.baseLsn, footer.endLsn, footer.salt, footer.tablePosition, firstLsns, positions, footer.gone);
    }

    private static void checkLength(int bytes) throws InvalidBytesException {
        if (bytes < FOOTER_BYTES) {
            throw new InvalidBytesException("segment footer: " + bytes + " bytes, wanted " + FOOTER_BYTES);
        }
    }
}
