package io.walnut.wal.segment;

import java.util.Arrays;

/** Where the frames of a segment begin. An immutable view; {@link #with} shares the arrays where they have room. */
public final class FrameIndex {
    public static final FrameIndex EMPTY = new FrameIndex(new long[16], new long[16], 0);

    private static final int MOST_ROOM = 1 << 20;

    private final long[] firstLsns;
    private final long[] positions;
    private final int count;

    private FrameIndex(long[] firstLsns, long[] positions, int count) {
        this.firstLsns = firstLsns;
        this.positions = positions;
        this.count = count;
    }

    public static FrameIndex of(long[] firstLsns, long[] positions) {
        return new FrameIndex(firstLsns, positions, firstLsns.length);
    }

    /** Empty, with room for about so many frames as the segment before it had. */
    public static FrameIndex likeOneOf(int frames) {
        int room = Math.max(16, Math.min(frames, MOST_ROOM) / 8 * 9);
        return new FrameIndex(new long[room], new long[room], 0);
    }

    /** This view and one frame more. Only the newest view may be extended, by one thread. */
    public FrameIndex with(long firstLsn, long position) {
        long[] lsns = firstLsns;
        long[] at = positions;
        if (count == lsns.length || this == EMPTY) {
            lsns = Arrays.copyOf(lsns, Math.max(16, count * 2));
            at = Arrays.copyOf(at, Math.max(16, count * 2));
        }
        lsns[count] = firstLsn;
        at[count] = position;
        return new FrameIndex(lsns, at, count + 1);
    }

    /** This view and {@code frames} more, which lie at {@code base} plus their offsets. Only the newest view may be extended. */
    public FrameIndex with(long[] firstLsnsOfFrames, long[] offsets, long base, int frames) {
        long[] lsns = firstLsns;
        long[] at = positions;
        if (count + frames > lsns.length || this == EMPTY) {
            int capacity = Math.max(16, Math.max(count * 2, count + frames));
            lsns = Arrays.copyOf(lsns, capacity);
            at = Arrays.copyOf(at, capacity);
        }
        System.arraycopy(firstLsnsOfFrames, 0, lsns, count, frames);
        for (int i = 0; i < frames; i++) {
            at[count + i] = base + offsets[i];
        }
        return new FrameIndex(lsns, at, count + frames);
    }

    /** Frames that begin below an LSN. */
    public FrameIndex below(long lsn) {
        int kept = ordinal(lsn - 1) + 1;
        if (kept == count) {
            return this;
        }
        return new FrameIndex(Arrays.copyOf(firstLsns, kept), Arrays.copyOf(positions, kept), kept);
    }

    /** Frames that begin at an LSN or above. */
    public FrameIndex from(long lsn) {
        int first = ordinal(lsn - 1) + 1;
        return of(Arrays.copyOfRange(firstLsns, first, count), Arrays.copyOfRange(positions, first, count));
    }

    /** Whether the frames of {@code other} are these, as far as they go. */
    public boolean beginsWith(FrameIndex other) {
        return other.count <= count
                && Arrays.equals(firstLsns, 0, other.count, other.firstLsns, 0, other.count)
                && Arrays.equals(positions, 0, other.count, other.positions, 0, other.count);
    }

    public int count() {
        return count;
    }

    /** The last frame that begins at or below {@code lsn}, or -1. */
    public int ordinal(long lsn) {
        int found = Arrays.binarySearch(firstLsns, 0, count, lsn);
        return found >= 0 ? found : -found - 2;
    }

    public long firstLsn(int ordinal) {
        return firstLsns[ordinal];
    }

    public long position(int ordinal) {
        return positions[ordinal];
    }

    public long[] firstLsns() {
        return Arrays.copyOf(firstLsns, count);
    }

    public long[] positions() {
        return Arrays.copyOf(positions, count);
    }
}
