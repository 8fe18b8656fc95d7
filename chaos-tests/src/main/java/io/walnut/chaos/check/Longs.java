package io.walnut.chaos.check;

import java.util.Arrays;

/** Numbers by index, in pages that are made when they are first written; what was never written is {@code absent}. */
final class Longs {
    private static final int PAGE_BITS = 10;
    private static final int PAGE = 1 << PAGE_BITS;

    private final long absent;
    private long[][] pages = new long[4][];

    Longs(long absent) {
        this.absent = absent;
    }

    long get(long index) {
        int page = (int) (index >>> PAGE_BITS);
        return page < pages.length && pages[page] != null ? pages[page][(int) index & (PAGE - 1)] : absent;
    }

    /** Sets what was never written; returns what is there then. */
    long setIfAbsent(long index, long value) {
        long[] page = page(index);
        int at = (int) index & (PAGE - 1);
        if (page[at] == absent) {
            page[at] = value;
        }
        return page[at];
    }

    void raise(long index, long value) {
        long[] page = page(index);
        int at = (int) index & (PAGE - 1);
        page[at] = Math.max(page[at], value);
    }

    void lower(long index, long value) {
        long[] page = page(index);
        int at = (int) index & (PAGE - 1);
        page[at] = Math.min(page[at], value);
    }

    private long[] page(long index) {
        int page = Math.toIntExact(index >>> PAGE_BITS);
        if (page >= pages.length) {
            pages = Arrays.copyOf(pages, Math.max(page + 1, pages.length * 2));
        }
        if (pages[page] == null) {
            pages[page] = new long[PAGE];
            Arrays.fill(pages[page], absent);
        }
        return pages[page];
    }
}
