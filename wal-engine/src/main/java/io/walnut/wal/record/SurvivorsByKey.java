package io.walnut.wal.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Which records of a range survive a compaction by key: of each key the newest, a delete until its time of grace is over, none whose
 * time to live is over; and all records without a key, which have no successor.
 *
 * <p>Two passes over the range, in order. The first, {@link #learn}, remembers for each hash of a key the last place where it was
 * seen. The second, {@link #survives}, keeps what stands at that place, and what stands before it when its key is another one of
 * the same hash: that cannot be told without the key, so the keys of the last places are looked up through {@link Keys}. Memory is
 * two arrays of longs, bounded by {@code maxKeys}: a range with more keys is cut, and what comes after the cut survives untouched.
 *
 * <pre>
 *  learn:    key --hash--&gt; slot: hash | last place            at most maxKeys slots in use
 *  survives: place == last place of its hash?  yes: newest     no: same key there? superseded : keep (a collision)
 * </pre>
 *
 * What hides an older record of its key, a delete or a record that is no longer alive, goes only when the range begins where the log
 * does: else the older one, before the range, would come back.
 *
 * <p>A pure function of the records and of the time that is given. For one thread.
 */
public final class SurvivorsByKey {
    private static final int SLOT_PARTS = 2; // at most half of the slots are used

    private final long nowMs;
    private final long graceMs;
    private final boolean fromStart;
    private final int maxKeys;
    private final long[] hashes;
    private final long[] places;
    private final BitSet used;
    private int keys;
    private long learnedBelow;
    private boolean full;

    /** Looks up keys of records that were learned. */
    @FunctionalInterface
    public interface Keys {
        /** The key of the record at a place that was learned. */
        ByteBuffer at(long place) throws MalformedRecordException, IOException;
    }

    /**
     * Survivors as of {@code nowMs}.
     *
     * @param graceMs how long after its time a delete is kept, so that a reader that is behind sees it
     * @param fromStart whether the range begins where the log does
     * @param maxKeys different keys that are remembered: 32 to 64 bytes each
     */
    public SurvivorsByKey(long nowMs, long graceMs, boolean fromStart, int maxKeys) {
        if (graceMs < 0 || maxKeys < 1 || maxKeys > 1 << 28) {
            throw new IllegalArgumentException(
                    "graceMs must be 0 or more and maxKeys between 1 and 2^28, not " + graceMs + " and " + maxKeys);
        }
        this.nowMs = nowMs;
        this.graceMs = graceMs;
        this.fromStart = fromStart;
        this.maxKeys = maxKeys;
        int slots = Integer.highestOneBit(Math.max(2, maxKeys * SLOT_PARTS)) << 1;
        this.hashes = new long[slots];
        this.places = new long[slots];
        this.used = new BitSet(slots);
    }

    /**
     * First pass: a record and its place, which grows from one to the next.
     *
     * @return false when the memory is used up: this record and those after it are not looked at and will survive
     */
    public boolean learn(long place, BatchView record) {
        if (full) {
            return false;
        }
        ByteBuffer key = record.key();
        if (key != null) {
            long hash = hash(key);
            int slot = slot(hash);
            if (!used.get(slot)) {
                if (keys == maxKeys) {
                    full = true;
                    return false;
                }
                keys++;
                used.set(slot);
                hashes[slot] = hash;
            }
            places[slot] = place;
        }
        learnedBelow = place + 1;
        return true;
    }

    /** Second pass: whether the record at that place survives. */
    public boolean survives(long place, BatchView record, long batchTimeMs, Keys lookUp)
            throws MalformedRecordException, IOException {
        if (place >= learnedBelow) {
            return true;
        }
        boolean expired = record.isExpired(batchTimeMs, nowMs);
        ByteBuffer key = record.key();
        if (key == null) {
            return !expired;
        }
        long last = places[slot(hash(key))];
        if (last != place && lookUp.at(last).equals(key)) {
            return false;
        }
        boolean forgotten = expired || (record.deletes() && nowMs - record.timeMs(batchTimeMs) >= graceMs);
        // Of two keys with the same hash only the later one is known to be the newest of its key: the other one stays.
        return !forgotten || !fromStart || last != place;
    }

    private int slot(long hash) {
        int mask = hashes.length - 1;
        int slot = (int) (hash ^ hash >>> 32) & mask;
        while (used.get(slot) && hashes[slot] != hash) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** 64 bits, of FNV-1a with its bits spread: collisions cost a kept record, never a lost one. */
    private static long hash(ByteBuffer key) {
        long hash = 0xcbf29ce484222325L;
        for (int i = key.position(); i < key.limit(); i++) {
            hash = (hash ^ Byte.toUnsignedInt(key.get(i))) * 0x100000001b3L;
        }
        return hash ^ hash >>> 29;
    }
}
