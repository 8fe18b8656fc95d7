package io.walnut.node.raft;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries, bounded in bytes and number: what the appenders of a leader and the applying thread read. The
 * newest entry is always held, whatever its size. One thread at a time writes; any thread reads, without a lock.
 */
final class RecentEntries {
    private final AtomicReferenceArray<@Nullable LogEntryProto> slots;
    private final int mask;
    private final long maxBytes;

    /** The following are owned by the writer. Invariant: exactly the indexes of {@code [first, end)} are held. */
    private long first;

    private long end;
    private long bytes;

    /** @param capacity a power of two */
    RecentEntries(int capacity, long maxBytes, long firstIndex) {
        this.slots = new AtomicReferenceArray<>(capacity);
        this.mask = capacity - 1;
        this.maxBytes = maxBytes;
        this.first = firstIndex;
        this.end = firstIndex;
    }

    /** {@code entry} must have the index at which the last one ended. */
    void put(LogEntryProto entry) {
        long index = entry.getIndex();
        bytes += entry.getSerializedSize();
        while (first < index && (bytes > maxBytes || index - first > mask)) {
            drop(first++);
        }
        slots.set((int) index & mask, entry);
        end = index + 1;
    }

    void truncate(long index) {
        while (end > index && end > first) {
            drop(--end);
        }
        if (end < first || end > index) {
            reset(index);
        }
    }

    void reset(long index) {
        while (first < end) {
            drop(first++);
        }
        first = index;
        end = index;
    }

    @Nullable
    LogEntryProto get(long index) {
        LogEntryProto entry = slots.get((int) index & mask);
        return entry != null && entry.getIndex() == index ? entry : null;
    }

    private void drop(long index) {
        LogEntryProto entry = slots.getAndSet((int) index & mask, null);
        if (entry != null) {
            bytes -= entry.getSerializedSize();
        }
    }
}
