package io.walnut.wal.logs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which offsets a log has, and where the batches that hold them are: about six bytes a batch, and little for a log that holds few.
 * Not thread-safe.
 *
 * <p>Batches stand in chunks of variable-length integers, the newest of them in a chunk that grows:
 *
 * <pre>
 *  chunk   base offset | base LSN | base timestamp | bytes of all batches before | batch ...
 *  batch   count | LSN - the one before | slot | timestamp - the one before | bytes
 * </pre>
 *
 * A log is one of these, rather than has one: of a million logs that is an object less each.
 */
abstract class BatchIndex {
    private static final int CHUNK_BYTES = 320;
    private static final int FEW_BYTES = 64;
    private static final byte[] NOTHING = {};
    private static final byte[][] NO_CHUNKS = {};

    private long startOffset;
    private long endOffset;
    private long lastTimestampMs; // also of batches that were trimmed; 0 when there never was one
    private long lastLsn;
    private byte[] newest = NOTHING; // the chunk that grows
    private int newestBytes; // of it in use
    private int chunkCount;
    private byte[][] chunks = NO_CHUNKS; // those before it, chunkCount of them

    final long startOffset() {
        return startOffset;
    }

    final long endOffset() {
        return endOffset;
    }

    final long lastTimestampMs() {
        return lastTimestampMs;
    }

    /** Where a log that was loaded stands, after its batches were added. */
    final void restore(long start, long end, long lastAppendMs) {
        startOffset = start;
        endOffset = end;
        lastTimestampMs = lastAppendMs;
    }

    /** Adds the next batch: its offset follows the last one's, its LSN and its time are not below the last one's. */
    final void add(BatchLocation batch) {
        if (newestBytes >= CHUNK_BYTES) {
            if (chunkCount == chunks.length) {
                chunks = Arrays.copyOf(chunks, Math.max(4, chunkCount * 2));
            }
            chunks[chunkCount++] = Arrays.copyOf(newest, newestBytes);
            newestBytes = 0;
        }
        long before = newestBytes > 0 || chunkCount == 0 ? 0 : bytesThrough(chunks[chunkCount - 1]);
        boolean first = newestBytes == 0;
        long lsnDelta = first ? 0 : batch.lsn() - lastLsn;
        long timeDelta = first ? 0 : batch.timestampMs() - lastTimestampMs;
        int needed = newestBytes
                + Varint.size(batch.count())
                + Varint.size(lsnDelta)
                + Varint.size(batch.slot())
                + Varint.size(timeDelta)
                + Varint.size(batch.bytes());
        if (first) {
            needed += Varint.size(batch.baseOffset())
                    + Varint.size(batch.lsn())
                    + Varint.size(batch.timestampMs())
                    + Varint.size(before);
        }
        makeRoom(needed);
        int at = newestBytes;
        if (first) {
            at = Varint.put(newest, at, batch.baseOffset());
            at = Varint.put(newest, at, batch.lsn());
            at = Varint.put(newest, at, batch.timestampMs());
            at = Varint.put(newest, at, before);
        }
        at = Varint.put(newest, at, batch.count());
        at = Varint.put(newest, at, lsnDelta);
        at = Varint.put(newest, at, batch.slot());
        at = Varint.put(newest, at, timeDelta);
        newestBytes = Varint.put(newest, at, batch.bytes());
        endOffset = batch.endOffset();
        lastLsn = batch.lsn();
        lastTimestampMs = batch.timestampMs();
    }

    /** Exactly what is needed while that is little, as in most logs it stays. */
    private void makeRoom(int needed) {
        if (needed > newest.length) {
            int length = needed <= FEW_BYTES
                    ? (needed + 7) & ~7
                    : Math.max(needed, Math.min(newest.length * 2, CHUNK_BYTES + FEW_BYTES));
            newest = Arrays.copyOf(newest, length);
        }
    }

    /** Walks the batches of a chunk; {@link #batch} is the one under it. */
    private static final class Walk {
        private final Varint.Reader values;
        private long nextOffset;
        private long lsn;
        private long timestampMs;
        private long bytesBefore;
        private int slot;
        private int count;
        private int bytes;

        Walk(byte[] chunk, int end) {
            values = new Varint.Reader(chunk, end);
            nextOffset = values.next();
            lsn = values.next();
            timestampMs = values.next();
            bytesBefore = values.next();
        }

        boolean next() {
            bytesBefore += bytes;
            bytes = 0;
            if (!values.hasNext()) {
                return false;
            }
            count = (int) values.next();
            lsn += values.next();
            slot = (int) values.next();
            timestampMs += values.next();
            bytes = (int) values.next();
            nextOffset += count;
            return true;
        }

        BatchLocation batch() {
            return new BatchLocation(lsn, slot, nextOffset - count, count, timestampMs, bytes);
        }
    }

    private static long bytesThrough(byte[] chunk) {
        Walk walk = new Walk(chunk, chunk.length);
        while (walk.next()) {}
        return walk.bytesBefore;
    }

    private int allChunks() {
        return chunkCount + (newestBytes > 0 ? 1 : 0);
    }

    private Walk walk(int chunk) {
        return chunk < chunkCount ? new Walk(chunks[chunk], chunks[chunk].length) : new Walk(newest, newestBytes);
    }

    /** The last chunk whose first batch does not {@code lieAfter} what is looked for; 0 when all do. */
    private int chunkOf(Predicate<Walk> lieAfter) {
        int low = 0;
        int high = allChunks() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (lieAfter.test(walk(middle))) {
                high = middle - 1;
            } else {
                low = middle;
            }
        }
        return low;
    }

    /** The first batch that {@code matches}, beginning with a chunk; matching ones stand at the end. */
    private @Nullable Walk first(int chunk, Predicate<Walk> matches) {
        for (int i = chunk; i < allChunks(); i++) {
            Walk walk = walk(i);
            while (walk.next()) {
                if (walk.nextOffset > startOffset && matches.test(walk)) {
                    return walk;
                }
            }
        }
        return null;
    }

    /** The batch that holds {@code offset}, or the start of the log, and those after it, {@code limit} at most. */
    final List<BatchLocation> from(long offset, int limit) {
        long from = Math.max(offset, startOffset);
        if (from >= endOffset || limit < 1) {
            return List.of();
        }
        var found = new ArrayList<BatchLocation>(Math.min(limit, 10));
        for (int i = chunkOf(walk -> walk.nextOffset > from); i < allChunks() && found.size() < limit; i++) {
            Walk walk = walk(i);
            while (found.size() < limit && walk.next()) {
                if (walk.nextOffset > from) {
                    found.add(walk.batch());
                }
            }
        }
        return found;
    }

    /** Hands over the batches that still count, in order. */
    final void each(Consumer<BatchLocation> taker) {
        for (int i = 0; i < allChunks(); i++) {
            Walk walk = walk(i);
            while (walk.next()) {
                if (walk.nextOffset > startOffset) {
                    taker.accept(walk.batch());
                }
            }
        }
    }

    /** Number of the batches that {@link #each} hands over. */
    final int count() {
        int count = 0;
        for (int i = 0; i < allChunks(); i++) {
            Walk walk = walk(i);
            while (walk.next()) {
                count += walk.nextOffset > startOffset ? 1 : 0;
            }
        }
        return count;
    }

    /** Bytes of the batches that still count; the first one counts wholly. */
    final long bytes() {
        if (startOffset == endOffset) {
            return 0;
        }
        Walk first = first(0, walk -> true);
        return first == null ? 0 : bytesEver() - first.bytesBefore;
    }

    /** Bytes of all batches, since the oldest that is still in a chunk. */
    private long bytesEver() {
        Walk last = walk(allChunks() - 1);
        while (last.next()) {}
        return last.bytesBefore;
    }

    /** Offset of the first batch of that time or a later one, or the end of the log. */
    final long offsetAt(long timestampMs) {
        if (startOffset == endOffset || timestampMs > lastTimestampMs) {
            return endOffset;
        }
        // The last chunk that begins before that time: those of the same time may reach back into it.
        Walk found = first(chunkOf(walk -> walk.timestampMs >= timestampMs), walk -> walk.timestampMs >= timestampMs);
        return found == null ? endOffset : Math.max(startOffset, found.nextOffset - found.count);
    }

    /** Offset of the first batch that is left when as many of the oldest go as it takes to get to {@code maxBytes}; never all. */
    final long offsetKeeping(long maxBytes) {
        if (startOffset == endOffset) {
            return endOffset;
        }
        long end = bytesEver();
        Walk found = first(
                chunkOf(walk -> end - walk.bytesBefore <= maxBytes),
                walk -> end - walk.bytesBefore <= maxBytes || walk.nextOffset == endOffset);
        return found == null ? endOffset : Math.max(startOffset, found.nextOffset - found.count);
    }

    /** Drops what is below {@code offset}, which is not below the start nor beyond the end. */
    final void dropBefore(long offset) {
        startOffset = offset;
        if (startOffset == endOffset) {
            chunks = NO_CHUNKS;
            chunkCount = 0;
            newest = NOTHING;
            newestBytes = 0;
            return;
        }
        int dead = chunkOf(walk -> walk.nextOffset > offset);
        if (dead > 0) {
            chunks = Arrays.copyOfRange(chunks, dead, Math.max(dead, chunkCount));
            chunkCount = chunks.length;
        }
    }

    /** LSN of the first batch that still counts, or {@link LogState#NEEDS_NONE}. */
    final long firstLsn() {
        List<BatchLocation> first = from(startOffset, 1);
        return first.isEmpty() ? LogState.NEEDS_NONE : first.getFirst().lsn();
    }
}
