package io.walnut.wal.logs;

/** Base-128 variable-length integers in an array, low group first (as in Protocol Buffers). */
final class Varint {
    private Varint() {}

    /** Bytes that a value takes: 1 to 10, any value. */
    static int size(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    /** Puts a value at {@code at}, where there is room for it; returns where the next one goes. */
    static int put(byte[] target, int at, long value) {
        int next = at;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            target[next++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[next++] = (byte) rest;
        return next;
    }

    /** Reads the values of an array in order; the caller knows how many there are. */
    static final class Reader {
        private final byte[] bytes;
        private final int end;
        private int at;

        Reader(byte[] bytes, int end) {
            this.bytes = bytes;
            this.end = end;
        }

        boolean hasNext() {
            return at < end;
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
