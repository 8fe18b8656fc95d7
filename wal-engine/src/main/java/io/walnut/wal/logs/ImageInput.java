package io.walnut.wal.logs;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/** Reads the big-endian fields of an image, and the checksum over them in large pieces. */
final class ImageInput {
    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream source;
    private final CRC32C crc = new CRC32C();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int counted; // bytes of the buffer that the checksum has
    private int end;

    ImageInput(InputStream source) {
        this.source = source;
    }

    /** False at the end. */
    private boolean fill() throws IOException {
        crc.update(buffer, counted, at - counted);
        at = 0;
        counted = 0;
        end = Math.max(0, source.read(buffer));
        return end > 0;
    }

    int u8() throws IOException {
        if (at == end && !fill()) {
            throw new EOFException();
        }
        return Byte.toUnsignedInt(buffer[at++]);
    }

    int u16() throws IOException {
        return u8() << 8 | u8();
    }

    int i32() throws IOException {
        return u16() << 16 | u16();
    }

    long i64() throws IOException {
        return (long) i32() << 32 | Integer.toUnsignedLong(i32());
    }

    long varint() throws IOException, MalformedException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int group = u8();
            value |= (long) (group & 0x7F) << shift;
            if (group < 0x80) {
                return value;
            }
        }
        throw new MalformedException("image: a number longer than 64 bits");
    }

    /** As many bytes as the u16 before them says. */
    byte[] text() throws IOException {
        byte[] text = new byte[u16()];
        for (int i = 0; i < text.length; i++) {
            text[i] = (byte) u8();
        }
        return text;
    }

    /** Checksum of all that was read so far. */
    int checksum() {
        crc.update(buffer, counted, at - counted);
        counted = at;
        return (int) crc.getValue();
    }

    /** Reads all that is left: true when its end is the checksum of all before. */
    boolean endsInItsChecksum() throws IOException {
        int _ = checksum();
        int last = 0; // the four bytes that are not in the checksum yet
        long bytes = 0;
        while (!atEnd()) {
            int next = u8();
            counted = at;
            if (bytes++ >= Integer.BYTES) {
                crc.update(last >>> 24);
            }
            last = last << 8 | next;
        }
        return bytes >= Integer.BYTES && (int) crc.getValue() == last;
    }

    boolean atEnd() throws IOException {
        return at == end && !fill();
    }
}
