package io.walnut.wal.logs;

import java.util.Arrays;

/** A growing array of base-128 variable-length integers, low group first (as in Protocol Buffers). */
final class Varint {
    private static final int INITIAL_BYTES = 16;

    private byte[] bytes = new byte[INITIAL_BYTES];
    private int size;

    /** Values from 0 up; small ones take one byte. */
    void add(long value) {
        if (size + 10 > bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    void trimToSize() {
        bytes = Arrays.copyOf(bytes, size);
    }

    Reader reader() {
        return new Reader(bytes);
    }

    /** Reads the values in order; the caller knows how many there are. */
    static final class Reader {
        private final byte[] bytes;
        private int at;

        private Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        long next() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte group = bytes[at++];
                value |= (long) (group & 0x7F) << shift;
                if (group >= 0) {
                    return value;
                }
            }
        }
    }
}
