package io.walnut.wal;

import io.walnut.wal.format.FrameFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Records that are appended together: all of them survive a crash, or none.
 *
 * <p>Buffers, memory and encoders are borrowed from when they are added until the append or enqueue call returns: do not touch them
 * in between. Payloads are the bytes between position and limit, and neither is moved. A batch can be used again. For one thread.
 */
public final class Batch {
    private static final int FIRST_CAPACITY = 1;

    private long[] tags = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private Object[] sources = new Object[FIRST_CAPACITY];
    private int count;
    private long encodedBytes;
    private int codec;
    private byte @Nullable [] stored; // null: the records are encoded when they are taken
    private int storedBytes;

    public Batch() {}

    public static Batch of(long tag, ByteBuffer payload) {
        return new Batch().add(tag, payload);
    }

    /** Adds a record; {@code tag} is the caller's own and comes back with the record. */
    public Batch add(long tag, ByteBuffer payload) {
        return add(tag, payload.remaining(), (Object) payload);
    }

    /** The same with memory of up to 2 GiB, on the heap or not. */
    public Batch add(long tag, MemorySegment payload) {
        return add(tag, Math.toIntExact(payload.byteSize()), (Object) payload);
    }

    /** Adds a record of {@code length} bytes that the encoder will write. */
    public Batch add(long tag, int length, Encoder encoder) {
        if (length < 0) {
            throw new IllegalArgumentException("negative length " + length);
        }
        return add(tag, length, (Object) encoder);
    }

    private Batch add(long tag, int length, Object source) {
        if (count == tags.length) {
            int capacity = count < 16 ? 16 : count * 2;
            tags = Arrays.copyOf(tags, capacity);
            lengths = Arrays.copyOf(lengths, capacity);
            sources = Arrays.copyOf(sources, capacity);
        }
        tags[count] = tag;
        lengths[count] = length;
        sources[count] = source;
        count++;
        encodedBytes += FrameFormat.RECORD_HEADER_BYTES + (long) length;
        return this;
    }

    /** Number of records. */
    public int count() {
        return count;
    }

    /** Forgets all records, keeping the memory. */
    public void clear() {
        Arrays.fill(sources, 0, count, null);
        count = 0;
        encodedBytes = 0;
    }

    /** Size of the records as they lie in the log: what {@link WalOptions#maxBatchBytes()} limits. */
    public long encodedBytes() {
        return encodedBytes;
    }

    /** The records were encoded already, as long as this is being appended: {@code bytes} are stored. Null: they were not. */
    void store(int newCodec, byte @Nullable [] bytes, int length) {
        codec = newCodec;
        stored = bytes;
        storedBytes = length;
    }

    /** How what is stored was made of the records; 0: they are stored as they are. */
    int codec() {
        return codec;
    }

    /** Bytes that it takes in its frame. */
    long storedBytes() {
        return stored == null ? encodedBytes : storedBytes;
    }

    /** Puts what is stored at the buffer's position, which must have room for {@link #storedBytes()}; {@code memory} is its own. */
    void putStored(ByteBuffer target, MemorySegment memory) {
        if (stored == null) {
            encode(target, memory);
        } else {
            target.put(stored, 0, storedBytes);
        }
    }

    /**
     * Encodes all records at the buffer's position, which must have room for {@link #encodedBytes()}.
     *
     * @param memory the buffer's own, from its first byte
     */
    void encode(ByteBuffer target, MemorySegment memory) {
        for (int i = 0; i < count; i++) {
            int length = lengths[i];
            FrameFormat.putRecordHeader(target, length, tags[i]);
            int position = target.position();
            switch (sources[i]) {
                case ByteBuffer payload -> {
                    target.put(position, payload, payload.position(), length);
                    target.position(position + length);
                }
                case MemorySegment payload -> {
                    MemorySegment.copy(payload, 0, memory, position, length);
                    target.position(position + length);
                }
                default -> encode((Encoder) sources[i], target, length);
            }
        }
    }

    private static void encode(Encoder encoder, ByteBuffer target, int length) {
        int end = target.position() + length;
        int limit = target.limit();
        ByteOrder order = target.order();
        target.limit(end);
        try {
            encoder.encode(target);
            if (target.position() != end) {
                throw new IllegalStateException(
                        "the encoder announced " + length + " bytes and wrote " + (length - (end - target.position())));
            }
        } finally {
            target.limit(limit).order(order); // an encoder may want another one, and the rest of the frame does not
        }
    }
}
