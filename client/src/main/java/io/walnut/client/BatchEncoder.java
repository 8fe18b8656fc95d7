package io.walnut.client;

import com.google.protobuf.UnsafeByteOperations;
import io.walnut.protocol.v1.EncodedBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Gathers records into the bytes of one RecordBatch message. Each record is encoded once, straight into the batch's buffer, and
 * the checksum is made once, over the finished bytes. Not thread-safe.
 *
 * <pre>
 * RecordBatch   0A length Record                  (repeated)
 * Record        [0A length key] [12 length value] {1A length Header}
 * Header        [0A length name] [12 length value]
 * </pre>
 */
final class BatchEncoder {
    private static final int FIRST = (1 << 3) | 2;
    private static final int SECOND = (2 << 3) | 2;
    private static final int THIRD = (3 << 3) | 2;

    /** Largest record and batch that a cluster can be configured to take; the limit in force is the cluster's. */
    static final int MAX_BYTES = 16 << 20;

    private byte[] buffer;
    private int size;
    private int count;

    BatchEncoder(int expectedBytes) {
        buffer = new byte[expectedBytes];
    }

    /** Bytes so far. */
    int size() {
        return size;
    }

    int count() {
        return count;
    }

    /** Adds a record that is only a value: {@code length} bytes of {@code source}, copied. */
    void add(byte[] source, int from, int length) {
        int recordLength = fieldSize(length);
        begin(recordLength);
        valueField(source, from, length);
        count++;
    }

    void add(Record record) {
        byte @Nullable [] key = record.key().orElse(null);
        byte[] value = record.value();
        if (key == null && record.headers().isEmpty()) {
            add(value, 0, value.length);
            return;
        }
        int recordLength = fieldSize(value.length);
        if (key != null) {
            recordLength = Math.addExact(recordLength, 1 + varintSize(key.length) + key.length);
        }
        byte[][] names = new byte[record.headers().size()][];
        for (int i = 0; i < names.length; i++) {
            Header header = record.headers().get(i);
            names[i] = header.name().getBytes(StandardCharsets.UTF_8);
            int headerLength = Math.addExact(fieldSize(names[i].length), fieldSize(header.value().length));
            recordLength = Math.addExact(recordLength, 1 + varintSize(headerLength) + headerLength);
        }
        begin(recordLength);
        if (key != null) {
            buffer[size++] = FIRST;
            varint(key.length);
            bytes(key, 0, key.length);
        }
        valueField(value, 0, value.length);
        for (int i = 0; i < names.length; i++) {
            byte[] headerValue = record.headers().get(i).value();
            buffer[size++] = THIRD;
            varint(fieldSize(names[i].length) + fieldSize(headerValue.length));
            if (names[i].length > 0) {
                buffer[size++] = FIRST;
                varint(names[i].length);
                bytes(names[i], 0, names[i].length);
            }
            valueField(headerValue, 0, headerValue.length);
        }
        count++;
    }

    /** The finished batch; this encoder is then used up. */
    EncodedBatch finish() {
        CRC32C crc = new CRC32C();
        crc.update(buffer, 0, size);
        return EncodedBatch.newBuilder()
                .setRecords(UnsafeByteOperations.unsafeWrap(buffer, 0, size))
                .setCount(count)
                .setCrc32C((int) crc.getValue())
                .build();
    }

    /** Refuses a batch that no cluster can be configured to take. */
    void checkSize() {
        if (size > MAX_BYTES) {
            throw Errors.tooLarge("the records make a batch of " + size + " bytes; no cluster takes more than "
                    + MAX_BYTES + ": append them in several batches");
        }
    }

    private void begin(int recordLength) {
        if (recordLength > MAX_BYTES) {
            throw Errors.recordTooLarge("the record has " + recordLength
                    + " bytes with its key and headers; no cluster takes more than " + MAX_BYTES);
        }
        int needed = Math.addExact(size, recordLength + 1 + varintSize(recordLength));
        if (needed > buffer.length) {
            int doubled = (int) Math.min(Integer.MAX_VALUE - 64, 2L * buffer.length);
            buffer = Arrays.copyOf(buffer, Math.max(needed, doubled));
        }
        buffer[size++] = FIRST;
        varint(recordLength);
    }

    private void valueField(byte[] source, int from, int length) {
        if (length > 0) {
            buffer[size++] = SECOND;
            varint(length);
            bytes(source, from, length);
        }
    }

    private void bytes(byte[] source, int from, int length) {
        System.arraycopy(source, from, buffer, size, length);
        size += length;
    }

    private void varint(int value) {
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            buffer[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
    }

    private static int fieldSize(int length) {
        return length == 0 ? 0 : Math.addExact(1 + varintSize(length), length);
    }

    private static int varintSize(int value) {
        return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
    }
}
