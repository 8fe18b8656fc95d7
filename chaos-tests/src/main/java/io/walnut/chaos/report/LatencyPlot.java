package io.walnut.chaos.report;

import io.walnut.chaos.history.Outcome;
import io.walnut.chaos.report.RunStatistics.Kind;
import io.walnut.chaos.report.RunStatistics.Slice;
import java.util.function.ToLongFunction;

/** How long appends took over time, on a logarithmic scale; and the slowest of the calls that failed or were given up. */
record LatencyPlot(RunStatistics statistics, TimeAxis axis, FaultBands faults) {
    private static final double TOP = 8;
    private static final double BOTTOM = 220;
    private static final double HEIGHT = BOTTOM + 24;

    Markup draw() {
        int low = 5; // 100 µs
        int high = 9; // 1 s
        for (Slice slice : statistics.slices()) {
            Latencies appends = slice.ok(Kind.APPEND);
            if (appends.total() > 0) {
                low = Math.min(low, (int) Math.floor(power(appends.quantile(0.5))));
                high = Math.max(high, (int) Math.ceil(power(appends.max())));
            }
            for (Outcome outcome : Outcome.values()) {
                if (slice.notOk(outcome).total() > 0) {
                    high = Math.max(
                            high, (int) Math.ceil(power(slice.notOk(outcome).max())));
                }
            }
        }
        Scale scale = new Scale(low, high);
        Markup svg = new Markup();
        svg.open("svg", "viewBox", "0 0 1000 " + (int) HEIGHT, "role", "img", "aria-label", "Latency over time");
        faults.drawBands(svg, axis, TOP, BOTTOM);
        for (int power = low; power <= high; power++) {
            double y = scale.y((long) Math.pow(10, power));
            svg.empty("line", "class", "grid", "x1", TimeAxis.LEFT, "x2", TimeAxis.RIGHT, "y1", y, "y2", y);
            svg.element(
                    "text", label(power), "class", "tick", "x", TimeAxis.LEFT - 6, "y", y + 4, "text-anchor", "end");
        }
        axis.draw(svg, TOP, BOTTOM);
        line(svg, scale, "max", Latencies::max);
        line(svg, scale, "p99", latencies -> latencies.quantile(0.99));
        line(svg, scale, "p50", latencies -> latencies.quantile(0.5));
        dots(svg, scale, Outcome.INFO);
        dots(svg, scale, Outcome.FAIL);
        return svg.close();
    }

    private record Scale(int low, int high) {
        double y(long nanos) {
            double share = (power(nanos) - low) / (high - low);
            return BOTTOM - (BOTTOM - TOP) * Math.clamp(share, 0, 1);
        }
    }

    private static double power(long nanos) {
        return Math.log10((double) Math.max(1, nanos));
    }

    private static String label(int power) {
        String[] units = {"ns", "µs", "ms", "s"};
        int unit = Math.min(power / 3, 3);
        return Math.round(Math.pow(10, power - 3 * unit)) + " " + units[unit];
    }

    private double middle(int slice) {
        return axis.x(statistics.start() + slice * statistics.sliceNanos() + statistics.sliceNanos() / 2);
    }

    /** Broken where nothing was acknowledged. */
    private void line(Markup svg, Scale scale, String name, ToLongFunction<Latencies> value) {
        StringBuilder path = new StringBuilder();
        boolean before = false;
        for (int i = 0; i < statistics.slices().size(); i++) {
            Latencies appends = statistics.slices().get(i).ok(Kind.APPEND);
            if (appends.total() > 0) {
                double y = scale.y(value.applyAsLong(appends));
                path.append(before ? 'L' : 'M')
                        .append(Math.round(middle(i) * 10) / 10.0)
                        .append(' ')
                        .append(Math.round(y * 10) / 10.0);
                if (!before) {
                    path.append("h0.1"); // a slice alone is a dot
                }
            }
            before = appends.total() > 0;
        }
        if (!path.isEmpty()) {
            svg.empty("path", "class", "line " + name, "d", path);
        }
    }

    private void dots(Markup svg, Scale scale, Outcome outcome) {
        String name = outcome == Outcome.INFO ? "info" : "fail";
        for (int i = 0; i < statistics.slices().size(); i++) {
            Latencies calls = statistics.slices().get(i).notOk(outcome);
            if (calls.total() > 0) {
                svg.open("circle", "class", "dot " + name, "cx", middle(i), "cy", scale.y(calls.max()), "r", 2.6);
                svg.element(
                        "title",
                        Words.count(calls.total(), "call", "calls")
                                + (outcome == Outcome.INFO ? " without an answer" : " failed") + ", the slowest after "
                                + Words.duration(calls.max()));
                svg.close();
            }
        }
    }
}
