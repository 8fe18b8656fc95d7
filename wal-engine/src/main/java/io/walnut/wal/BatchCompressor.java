package io.walnut.wal;

import io.walnut.wal.compress.Compressor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches smaller, in the thread that appends and without the log's mutex. Whether that helps is found out by trying: a batch
 * that does not get smaller by an eighth is written as it is, and after a few of those in a row only one in many is tried. Used by
 * many threads.
 */
final class BatchCompressor {
    private static final int SMALLEST_BYTES = 128;
    private static final int FAILURES = 4;
    private static final int THEN_ONE_IN = 64;

    private final Compression how;
    private final int maxBatchBytes;
    private final BlockingQueue<Work> idle =
            new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger(); // batches to leave as they are
    private volatile boolean closed;

    BatchCompressor(WalOptions options) {
        this.how = options.compression();
        this.maxBatchBytes = options.maxBatchBytes();
    }

    /** What one batch needs on its way; used again. */
    static final class Work {
        private final Compressor compressor;
        private byte[] records = {};
        private byte[] stored = {};

        private Work(Compressor compressor) {
            this.compressor = compressor;
        }
    }

    /**
     * Sets what is stored of a batch.
     *
     * @return to be ended when the batch was taken over; null when it is to be encoded then, as it is
     */
    @Nullable
    Work begin(Batch batch) {
        long length = batch.encodedBytes();
        if (how instanceof Compression.None || length < SMALLEST_BYTES || length > maxBatchBytes) {
            return null;
        }
        if (failures.get() >= FAILURES && left.getAndDecrement() > 0) {
            return null;
        }
        Work work = idle.poll();
        if (work == null) {
            work = new Work(
                    switch (how) {
                        case Compression.Lz4() -> Compressor.lz4();
                        case Compression.Zstd(int level) -> Compressor.zstd(level);
                        case Compression.None() -> throw new IllegalStateException("nothing to do");
                    });
        }
        try {
            if (compress(batch, work)) {
                failures.set(0);
            } else {
                failures.incrementAndGet();
                left.set(THEN_ONE_IN - 1);
            }
            return work;
        } catch (RuntimeException | Error e) { // an encoder's
            end(batch, work);
            throw e;
        }
    }

    /** What is stored begins with the length that it had. The records are encoded once, whether they get smaller or not. */
    private static boolean compress(Batch batch, Work work) {
        int length = (int) batch.encodedBytes();
        int largest = Integer.BYTES + work.compressor.largest(length);
        if (work.records.length < length) {
            work.records = new byte[length];
        }
        if (work.stored.length < largest) {
            work.stored = new byte[largest];
        }
        batch.encode(ByteBuffer.wrap(work.records).order(ByteOrder.LITTLE_ENDIAN), MemorySegment.ofArray(work.records));
        ByteBuffer.wrap(work.stored).order(ByteOrder.LITTLE_ENDIAN).putInt(length);
        int bytes = Integer.BYTES + work.compressor.compress(work.records, length, work.stored, Integer.BYTES);
        boolean smaller = bytes <= length - length / 8;
        if (smaller) {
            batch.store(work.compressor.codec(), work.stored, bytes);
        } else {
            batch.store(0, work.records, length);
        }
        return smaller;
    }

    /** The batch was taken over, or refused. */
    void end(Batch batch, Work work) {
        batch.store(0, null, 0);
        if (closed || !idle.offer(work)) {
            work.compressor.close();
        }
    }

    /** Appends that are under way end by themselves. */
    void close() {
        closed = true;
        for (Work work = idle.poll(); work != null; work = idle.poll()) {
            work.compressor.close();
        }
    }
}
