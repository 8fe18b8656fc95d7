package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.SegmentHeader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The groups of a log on their way: one gathers, full ones queue, some are being written, the rest are free. All of their memory
 * together is bounded. Guarded by the log's mutex.
 */
final class Groups {
    private static final long USUAL_BYTES = 1 << 20;

    private final long maxBytes;
    private final long largest;
    private final List<Group> free = new ArrayList<>();
    private final Deque<Group> queue = new ArrayDeque<>(); // in order; the one that gathers comes after them
    private final Deque<Group> writing = new ArrayDeque<>(); // in order of LSNs
    private @Nullable Group gathering;
    private long bytes; // of all groups
    private long queuedBytes; // on disk, of those in the queue
    private long reused;
    private long made;

    Groups(WalOptions options) {
        this.maxBytes = options.maxBytesInFlight();
        this.largest = options.segmentBytes() - SegmentHeader.BYTES;
    }

    /** The group for a batch of so many encoded bytes, or null when there is no room before something is written. */
    @Nullable
    Group forBatch(long encodedBytes) {
        Group current = gathering;
        if (current != null && current.fits(encodedBytes)) {
            return current;
        }
        if (current != null && !current.isEmpty()) {
            Group next = take(encodedBytes);
            if (next != null) {
                queue.add(current);
                queuedBytes += current.padded();
                gathering = next;
            }
            return next;
        }
        if (current != null) {
            free.add(current);
        }
        gathering = take(encodedBytes);
        return gathering;
    }

    private @Nullable Group take(long encodedBytes) {
        long needed = FrameFormat.paddedBytes(encodedBytes);
        for (int i = free.size() - 1; i >= 0; i--) {
            if (free.get(i).capacity() >= needed) {
                reused++;
                return free.remove(i);
            }
        }
        long capacity = Math.min(largest, Math.max(needed, Math.min(USUAL_BYTES, Blocks.roundUp(maxBytes / 8))));
        while (bytes + capacity > maxBytes && !free.isEmpty()) {
            bytes -= free.removeFirst().capacity();
        }
        if (bytes + capacity > maxBytes) {
            return null;
        }
        Group group = new Group(capacity);
        bytes += capacity;
        made++;
        return group;
    }

    /** The group that is to be written next, or null when nothing waits. */
    @Nullable
    Group next() {
        Group first = queue.peekFirst();
        return first != null ? first : gathering == null || gathering.isEmpty() ? null : gathering;
    }

    /** Whether others may still join the group that is to be written next. */
    boolean nextGathers() {
        return queue.isEmpty();
    }

    /** Takes the {@link #next}; it is being written from now on. */
    Group takeNext() {
        Group taken = queue.pollFirst();
        if (taken == null) {
            taken = gathering;
            gathering = null;
        } else {
            queuedBytes -= taken.padded();
        }
        if (taken == null) {
            throw new IllegalStateException("nothing waits");
        }
        writing.add(taken);
        return taken;
    }

    /** How often a group of the pool was taken. */
    long reused() {
        return reused;
    }

    /** How often one had to be made. */
    long made() {
        return made;
    }

    /** Groups that are being written. */
    int inFlight() {
        return writing.size();
    }

    /** The oldest group in flight, or null. */
    @Nullable
    Group oldest() {
        return writing.peekFirst();
    }

    /** Everything of the oldest is done. */
    void retireOldest() {
        Group done = writing.removeFirst();
        done.clear();
        free.add(done);
    }

    /** Bytes on disk of what waits. */
    long waitingBytes() {
        return queuedBytes + (gathering == null ? 0 : gathering.padded());
    }

    /** Bytes on disk of what waits, with a further batch. */
    long waitingBytesWith(long encodedBytes) {
        Group current = gathering;
        return current != null && current.fits(encodedBytes)
                ? waitingBytes() - current.padded() + current.paddedWith(encodedBytes)
                : waitingBytes() + FrameFormat.paddedBytes(encodedBytes);
    }

    /** Whether everything that waits and a further batch are one group. */
    boolean oneGroupWith(long encodedBytes) {
        return queue.isEmpty() && (gathering == null || gathering.isEmpty() || gathering.fits(encodedBytes));
    }

    /** The group of a record that is not written yet. */
    @Nullable
    Group of(long lsn) {
        for (Group group : writing) {
            if (lsn < group.endLsn()) {
                return group;
            }
        }
        for (Group group : queue) {
            if (lsn < group.endLsn()) {
                return group;
            }
        }
        return gathering != null && !gathering.isEmpty() && lsn < gathering.endLsn() ? gathering : null;
    }

    void each(Consumer<Group> action) {
        writing.forEach(action);
        queue.forEach(action);
        if (gathering != null) {
            action.accept(gathering);
        }
    }
}
