package io.walnut.wal.format;

import java.nio.ByteBuffer;

/** What all layouts but the frame begin with: magic, version, checksum. */
final class Versioned {
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private Versioned() {}

    static void check(String what, ByteBuffer bytes, long magic, int version, int atVersion, int atCrc, int length)
            throws InvalidBytesException, NewerVersionException {
        check(what, bytes, magic, version, atVersion, atCrc, length, EMPTY);
    }

    /** The checksum is over {@code more}, too. */
    static void check(
            String what,
            ByteBuffer bytes,
            long magic,
            int version,
            int atVersion,
            int atCrc,
            int length,
            ByteBuffer more)
            throws InvalidBytesException, NewerVersionException {
        if (bytes.limit() < length) {
            throw new InvalidBytesException(what + ": " + bytes.limit() + " bytes, wanted " + length);
        }
        if (bytes.getLong(0) != magic) {
            throw new InvalidBytesException("%s: magic %016x, wanted %016x".formatted(what, bytes.getLong(0), magic));
        }
        int crc = Checksum.without(bytes, atCrc, length, more);
        if (crc != bytes.getInt(atCrc)) {
            throw new InvalidBytesException(
                    "%s: checksum computed %08x, stored %08x".formatted(what, crc, bytes.getInt(atCrc)));
        }
        if (bytes.getInt(atVersion) != version) {
            throw new NewerVersionException(what, bytes.getInt(atVersion), version);
        }
    }
}
