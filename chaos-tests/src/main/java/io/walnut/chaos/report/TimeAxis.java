package io.walnut.chaos.report;

import java.util.Locale;

/**
 * Time from left to right.
 *
 * @param from nanoseconds at the left edge
 * @param to nanoseconds at the right edge
 */
record TimeAxis(long from, long to) {
    /** Of every picture: all of them share their left and right edges. */
    static final double WIDTH = 1000;

    static final double LEFT = 64;
    static final double RIGHT = WIDTH - 24;

    private static final int TICKS = 10;
    private static final long[] STEPS_MS = {
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
        15_000,
        30_000,
        60_000,
        120_000,
        300_000,
        600_000,
        1_800_000,
        3_600_000,
        7_200_000,
        21_600_000,
        86_400_000
    };

    TimeAxis {
        if (to <= from) {
            to = from + 1;
        }
    }

    double x(long time) {
        double share = (double) (time - from) / (to - from);
        return LEFT + (RIGHT - LEFT) * Math.clamp(share, 0, 1);
    }

    /** Lines at round times, and what they are, under a picture of this height. */
    void draw(Markup svg, double top, double bottom) {
        long step = STEPS_MS[STEPS_MS.length - 1];
        for (int i = STEPS_MS.length - 1; i >= 0 && (to - from) / (STEPS_MS[i] * 1_000_000) <= TICKS; i--) {
            step = STEPS_MS[i];
        }
        long nanos = step * 1_000_000;
        for (long tick = Math.ceilDiv(from, nanos) * nanos; tick <= to; tick += nanos) {
            svg.empty("line", "class", "grid", "x1", x(tick), "x2", x(tick), "y1", top, "y2", bottom);
            svg.element(
                    "text",
                    label(tick, step),
                    "class",
                    "tick",
                    "x",
                    x(tick),
                    "y",
                    bottom + 15,
                    "text-anchor",
                    "middle");
        }
    }

    private static String label(long nanos, long stepMs) {
        long millis = nanos / 1_000_000;
        String text = String.format(Locale.ROOT, "%d:%02d", millis / 60_000, millis / 1000 % 60);
        return stepMs % 1000 == 0 ? text : String.format(Locale.ROOT, "%s.%03d", text, millis % 1000);
    }
}
