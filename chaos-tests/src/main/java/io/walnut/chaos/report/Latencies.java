package io.walnut.chaos.report;

/** How long calls took, to an eighth of their value. */
final class Latencies {
    private static final int PARTS_LOG = 3;
    private static final int PARTS = 1 << PARTS_LOG;

    private final int[] counts = new int[(Long.SIZE - PARTS_LOG) * PARTS];
    private long total;
    private long max;

    void add(long nanos) {
        counts[index(nanos)]++;
        total++;
        max = Math.max(max, nanos);
    }

    void add(Latencies others) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += others.counts[i];
        }
        total += others.total;
        max = Math.max(max, others.max);
    }

    long total() {
        return total;
    }

    long max() {
        return max;
    }

    /** That so great a share of the calls did not exceed, by an eighth at most; 0 when there were none. */
    long quantile(double share) {
        long wanted = (long) Math.ceil(share * total);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted && seen > 0) {
                return Math.min(upper(i), max);
            }
        }
        return 0;
    }

    private static int index(long nanos) {
        if (nanos < PARTS) {
            return (int) Math.max(nanos, 0);
        }
        int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos) - PARTS_LOG;
        return (shift + 1) * PARTS + (int) (nanos >>> shift & (PARTS - 1));
    }

    private static long upper(int index) {
        if (index < PARTS) {
            return index;
        }
        int shift = index / PARTS - 1;
        return ((long) (PARTS + index % PARTS + 1) << shift) - 1;
    }
}
