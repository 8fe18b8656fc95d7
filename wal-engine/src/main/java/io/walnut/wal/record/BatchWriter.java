package io.walnut.wal.record;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes records, one after the other, into the bytes of a batch. Allocates nothing but the buffer, which grows and is used again
 * after {@link #clear}. For one thread.
 */
public final class BatchWriter {
    /** In place of a record's time: that of the batch. */
    public static final long BATCH_TIME = Long.MIN_VALUE;

    /** In place of a time to live: for ever. */
    public static final long FOR_EVER = 0;

    private static final int FIRST_CAPACITY = 256;
    private static final int DELETES_BYTES = 2;

    private byte[] buffer = new byte[FIRST_CAPACITY];
    private int size;
    private int count;

    public BatchWriter() {}

    /** Adds a record that is only a value. */
    public BatchWriter put(byte[] value) {
        return put(null, value, List.of(), BATCH_TIME, FOR_EVER);
    }

    /** Adds a record with a key: the newest value of that key. */
    public BatchWriter put(byte[] key, byte[] value) {
        return put(key, value, List.of(), BATCH_TIME, FOR_EVER);
    }

    /**
     * Adds a record.
     *
     * @param timeMs of what the record tells, milliseconds since the epoch, or {@link #BATCH_TIME}
     * @param timeToLiveMs how long after its time the record counts, or {@link #FOR_EVER}
     */
    public BatchWriter put(byte @Nullable [] key, byte[] value, List<Header> headers, long timeMs, long timeToLiveMs) {
        if (timeToLiveMs < 0) {
            throw new IllegalArgumentException(
                    "time to live of " + timeToLiveMs + " ms; expected 0 (for ever) or more");
        }
        begin(key, value.length, headers, timeMs, timeToLiveMs, false);
        if (value.length > 0) {
            bytes(Fields.VALUE, value);
        }
        headersAndTime(headers, timeMs);
        if (timeToLiveMs != FOR_EVER) {
            number(Fields.TIME_TO_LIVE, timeToLiveMs);
        }
        return this;
    }

    /** Adds a record that deletes a key. */
    public BatchWriter delete(byte[] key) {
        return delete(key, List.of(), BATCH_TIME);
    }

    /** Adds a record that deletes a key; {@code timeMs} as in {@link #put}. */
    public BatchWriter delete(byte[] key, List<Header> headers, long timeMs) {
        begin(key, 0, headers, timeMs, FOR_EVER, true);
        headersAndTime(headers, timeMs);
        number(Fields.DELETES, 1);
        return this;
    }

    /** Bytes so far. */
    public int size() {
        return size;
    }

    /** Records so far. */
    public int count() {
        return count;
    }

    /** A view of what was encoded: good until the next record is added or all are forgotten. */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(buffer, 0, size).slice();
    }

    /** Forgets all records, keeping the memory. */
    public void clear() {
        size = 0;
        count = 0;
    }

    /** Writes the length of the record, and its key. */
    private void begin(
            byte @Nullable [] key, int valueLength, List<Header> headers, long timeMs, long ttlMs, boolean deletes) {
        int length = Math.addExact(
                key == null ? 0 : fieldSize(key.length), deletes ? DELETES_BYTES : optionalSize(valueLength));
        for (int i = 0; i < headers.size(); i++) {
            length = Math.addExact(length, fieldSize(headerSize(headers.get(i))));
        }
        length = Math.addExact(length, timesSize(timeMs, ttlMs));
        int needed = Math.addExact(size, fieldSize(length));
        if (needed > buffer.length) {
            buffer =
                    Arrays.copyOf(buffer, (int) Math.max(needed, Math.min(Integer.MAX_VALUE - 64, 2L * buffer.length)));
        }
        buffer[size++] = Fields.RECORD;
        varint(length);
        if (key != null) {
            bytes(Fields.KEY, key);
        }
        count++;
    }

    private void headersAndTime(List<Header> headers, long timeMs) {
        for (int i = 0; i < headers.size(); i++) {
            Header header = headers.get(i);
            buffer[size++] = Fields.HEADER;
            varint(headerSize(header));
            if (header.nameBytes.length > 0) {
                bytes(Fields.NAME, header.nameBytes);
            }
            if (header.value.length > 0) {
                bytes(Fields.VALUE, header.value);
            }
        }
        if (timeMs != BATCH_TIME) {
            number(Fields.TIME, timeMs);
        }
    }

    private static int timesSize(long timeMs, long ttlMs) {
        return (timeMs == BATCH_TIME ? 0 : 1 + varintSize(timeMs)) + (ttlMs == FOR_EVER ? 0 : 1 + varintSize(ttlMs));
    }

    private static int headerSize(Header header) {
        return Math.addExact(optionalSize(header.nameBytes.length), optionalSize(header.value.length));
    }

    private static int optionalSize(int length) {
        return length == 0 ? 0 : fieldSize(length);
    }

    private static int fieldSize(int length) {
        return Math.addExact(1 + varintSize(length), length);
    }

    private static int varintSize(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    private void bytes(byte tag, byte[] source) {
        buffer[size++] = tag;
        varint(source.length);
        System.arraycopy(source, 0, buffer, size, source.length);
        size += source.length;
    }

    private void number(byte tag, long value) {
        buffer[size++] = tag;
        varint(value);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            buffer[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
    }
}
