package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC32C (Castagnoli), which the processor computes. The buffer's position and limit move meanwhile and are as before in the end:
 * no view is made, so that a checksum leaves no garbage.
 */
final class Checksum {
    private Checksum() {}

    /** Of the bytes {@code [from, to)} of {@code bytes}, whatever its position. */
    static int of(ByteBuffer bytes, int from, int to) {
        return of(new CRC32C(), bytes, from, to);
    }

    /** The same with a calculator that is used again and again. */
    static int of(CRC32C crc, ByteBuffer bytes, int from, int to) {
        crc.reset();
        update(crc, bytes, from, to);
        return (int) crc.getValue();
    }

    /** Of the bytes {@code [0, to)} without the four bytes at {@code field}, which hold the checksum itself. */
    static int without(ByteBuffer bytes, int field, int to) {
        return without(bytes, field, to, ByteBuffer.allocate(0));
    }

    /** The same, and all of {@code more} after it. */
    static int without(ByteBuffer bytes, int field, int to, ByteBuffer more) {
        CRC32C crc = new CRC32C();
        update(crc, bytes, 0, field);
        update(crc, bytes, field + Integer.BYTES, to);
        crc.update(more.duplicate());
        return (int) crc.getValue();
    }

    private static void update(CRC32C crc, ByteBuffer bytes, int from, int to) {
        int position = bytes.position();
        int limit = bytes.limit();
        crc.update(bytes.limit(to).position(from));
        bytes.limit(limit).position(position);
    }
}
