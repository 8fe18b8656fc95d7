package io.walnut.wal.logs;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where the batches of one log are: offset to WAL record, about four bytes a batch. Batches stand in chunks of 64; a chunk keeps
 * its first batch in full and of the others the differences. Not thread-safe.
 */
final class OffsetIndex {
    private static final int BATCHES_PER_CHUNK = 64;

    private final List<Chunk> chunks = new ArrayList<>();

    /** Up to 64 neighbouring batches. Invariant: {@code deltas} holds four values a batch. */
    private static final class Chunk {
        final long baseOffset;
        final long baseLsn;
        final long baseTimestampMs;
        final Varint deltas = new Varint();
        int batches;
        long endOffset;
        long lastLsn;
        long lastTimestampMs;

        Chunk(BatchLocation first) {
            baseOffset = first.baseOffset();
            baseLsn = first.lsn();
            baseTimestampMs = first.timestampMs();
            endOffset = baseOffset;
            lastLsn = baseLsn;
            lastTimestampMs = baseTimestampMs;
        }

        void add(BatchLocation batch) {
            deltas.add(batch.count());
            deltas.add(batch.lsn() - lastLsn);
            deltas.add(batch.slot());
            deltas.add(batch.timestampMs() - lastTimestampMs);
            batches++;
            endOffset = batch.endOffset();
            lastLsn = batch.lsn();
            lastTimestampMs = batch.timestampMs();
        }

        /** Number of batches that end at or below {@code offset}. */
        int batchesBelow(long offset) {
            Varint.Reader reader = deltas.reader();
            long end = baseOffset;
            for (int batch = 0; batch < batches; batch++) {
                end += reader.next();
                if (end > offset) {
                    return batch;
                }
                reader.next();
                reader.next();
                reader.next();
            }
            return batches;
        }
    }

    /** Adds the next batch: its offset follows the last one's, its LSN and its time are not below the last one's. */
    void add(BatchLocation batch) {
        Chunk last = chunks.isEmpty() ? null : chunks.getLast();
        if (last == null || last.batches == BATCHES_PER_CHUNK) {
            if (last != null) {
                last.deltas.trimToSize();
            }
            last = new Chunk(batch);
            chunks.add(last);
        }
        last.add(batch);
    }

    /** The batch that holds {@code offset} and those after it, {@code limit} at most; empty when nothing is there. */
    List<BatchLocation> from(long offset, int limit) {
        var found = new ArrayList<BatchLocation>();
        for (int i = chunkOf(offset); i < chunks.size() && found.size() < limit; i++) {
            Chunk chunk = chunks.get(i);
            Varint.Reader deltas = chunk.deltas.reader();
            long baseOffset = chunk.baseOffset;
            long lsn = chunk.baseLsn;
            long timestampMs = chunk.baseTimestampMs;
            for (int batch = 0; batch < chunk.batches && found.size() < limit; batch++) {
                int count = (int) deltas.next();
                lsn += deltas.next();
                int slot = (int) deltas.next();
                timestampMs += deltas.next();
                if (baseOffset + count > offset) {
                    found.add(new BatchLocation(lsn, slot, baseOffset, count, timestampMs));
                }
                baseOffset += count;
            }
        }
        return found;
    }

    /** Hands over the batch that holds {@code offset} and those after it, a chunk at a time. */
    void each(long offset, Consumer<BatchLocation> taker) {
        for (int i = chunkOf(offset); i < chunks.size(); i++) {
            Chunk chunk = chunks.get(i);
            from(Math.max(offset, chunk.baseOffset), chunk.batches - chunk.batchesBelow(offset))
                    .forEach(taker);
        }
    }

    /** Number of the batches that {@link #each} hands over. */
    int count(long offset) {
        int count = 0;
        for (int i = chunkOf(offset); i < chunks.size(); i++) {
            Chunk chunk = chunks.get(i);
            count = Math.addExact(count, chunk.batches - chunk.batchesBelow(offset));
        }
        return count;
    }

    /** Forgets chunks that hold nothing from {@code offset} on. */
    void trimBefore(long offset) {
        int dead = 0;
        while (dead < chunks.size() && chunks.get(dead).endOffset <= offset) {
            dead++;
        }
        chunks.subList(0, dead).clear();
    }

    private int chunkOf(long offset) {
        int low = 0;
        int high = chunks.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (chunks.get(middle).endOffset <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
