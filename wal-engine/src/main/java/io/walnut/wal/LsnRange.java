package io.walnut.wal;

/**
 * LSNs {@code from} (inclusive) to {@code to} (exclusive).
 */
public record LsnRange(long from, long to) {
    public LsnRange {
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("not a range of LSNs: " + from + ".." + to);
        }
    }

    @Override
    public String toString() {
        return "[" + from + "," + to + ")";
    }
}
