package io.walnut.wal.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC32C (Castagnoli), which the processor computes. */
final class Checksum {
    private Checksum() {}

    /** Of the bytes {@code [from, to)} of {@code bytes}, whatever its position. */
    static int of(ByteBuffer bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(from, to - from));
        return (int) crc.getValue();
    }

    /** Of the bytes {@code [0, to)} without the four bytes at {@code field}, which hold the checksum itself. */
    static int without(ByteBuffer bytes, int field, int to) {
        return without(bytes, field, to, ByteBuffer.allocate(0));
    }

    /** The same, and all of {@code more} after it. */
    static int without(ByteBuffer bytes, int field, int to, ByteBuffer more) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, field));
        crc.update(bytes.slice(field + Integer.BYTES, to - field - Integer.BYTES));
        crc.update(more.duplicate());
        return (int) crc.getValue();
    }
}
