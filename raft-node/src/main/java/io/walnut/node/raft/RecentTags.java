package io.walnut.node.raft;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Tags of the newest entries, readable without a lock or I/O: the commit rounds of a leader ask for a few on every
 * round. One thread at a time writes, in index order; any thread reads.
 */
final class RecentTags {
    /** Answer for an index that is not held. No tag is negative: terms are. */
    static final long UNKNOWN = -1;

    private final AtomicLongArray tags;
    private final int mask;

    /**
     * Invariant: every index in {@code [first, end)} with {@code end - index < capacity} is held. The one before those may be
     * about to be overwritten: {@code end} moves after the tag.
     */
    private volatile long first;

    private volatile long end;

    /** @param capacity a power of two */
    RecentTags(int capacity, long firstIndex) {
        this.tags = new AtomicLongArray(capacity);
        this.mask = capacity - 1;
        this.first = firstIndex;
        this.end = firstIndex;
    }

    /** {@code index} must be the end, or below it after a truncation. */
    void put(long index, long tag) {
        tags.set((int) index & mask, tag);
        end = index + 1;
    }

    /** What was overwritten by those that go does not count as held again. */
    void truncate(long index) {
        first = Math.max(first, end - tags.length() + 1);
        end = Math.min(end, index);
        first = Math.min(first, end);
    }

    /** Forgets everything; the next put is at {@code index}. */
    void reset(long index) {
        end = Long.MIN_VALUE;
        first = index;
        end = index;
    }

    long get(long index) {
        if (index < first || index >= end || end - index >= tags.length()) {
            return UNKNOWN;
        }
        long tag = tags.get((int) index & mask);
        // The writer may have come round meanwhile.
        return index >= first && index < end && end - index < tags.length() ? tag : UNKNOWN;
    }
}
