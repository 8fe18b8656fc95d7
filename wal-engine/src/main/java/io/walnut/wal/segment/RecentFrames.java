package io.walnut.wal.segment;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The last bytes that were given to a segment, for those who follow its end: past the page cache they would come from the disk.
 * A byte of the file lies in the ring at its position modulo the size. Whether a byte may be seen is not decided here: who
 * asks has looked where the segment ends, and no byte of a segment is ever written twice.
 */
public final class RecentFrames {
    /** What a reader may lag behind before it reads the file. */
    private static final int MOST_BYTES = 1 << 20;

    private final byte[] ring;
    private final long start;
    private volatile long end; // of what is in it, or is just being put in

    /** All that lies at {@code start} or behind it is put in. {@code segmentBytes} is as large as the segment may get. */
    RecentFrames(long start, long segmentBytes) {
        this.ring = new byte[(int) Math.min(MOST_BYTES, segmentBytes)];
        this.start = start;
        this.end = start;
    }

    /** Puts in bytes that are written at {@code position} of the file. Several threads may, in any order of the positions. */
    public synchronized void put(ByteBuffer source, int from, int length, long position) {
        long newEnd = Math.max(end, position + length);
        end = newEnd;
        VarHandle.fullFence(); // who has copied what is overwritten now must see that it was
        long kept = Math.max(position, newEnd - ring.length);
        int left = (int) Math.max(0, position + length - kept);
        int at = (int) (kept % ring.length);
        int first = Math.min(left, ring.length - at);
        source.get(from + length - left, ring, at, first);
        source.get(from + length - left + first, ring, 0, left - first);
    }

    /** Copies bytes of the file that were put in; false when they are not all there any more, or never were. */
    boolean copy(long position, byte[] target, int length) {
        if (position < start || position < end - ring.length) {
            return false;
        }
        int at = (int) (position % ring.length);
        int first = Math.min(length, ring.length - at);
        System.arraycopy(ring, at, target, 0, first);
        System.arraycopy(ring, 0, target, first, length - first);
        VarHandle.acquireFence();
        return position >= end - ring.length;
    }
}
