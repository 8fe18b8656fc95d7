package io.walnut.chaos.report;

import io.walnut.chaos.history.Outcome;
import io.walnut.chaos.report.RunStatistics.Kind;
import io.walnut.chaos.report.RunStatistics.Slice;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Calls a second over time: answered, failed, given up. */
record RatePlot(RunStatistics statistics, TimeAxis axis, FaultBands faults) {
    private static final double TOP = 8;
    private static final double BOTTOM = 180;
    private static final double HEIGHT = BOTTOM + 24;

    Markup draw() {
        List<Slice> slices = statistics.slices();
        double seconds = statistics.sliceNanos() / 1e9;
        double most = Math.max(
                1,
                slices.stream()
                                .mapToDouble(slice -> Math.max(
                                        answered(slice, Kind.APPEND),
                                        Math.max(
                                                answered(slice, Kind.READ),
                                                notAnswered(slice, Outcome.FAIL) + notAnswered(slice, Outcome.INFO))))
                                .max()
                                .orElse(0)
                        / seconds);
        double step = step(most);
        double top = Math.ceil(most / step) * step;
        Markup svg = new Markup();
        svg.open("svg", "viewBox", "0 0 1000 " + (int) HEIGHT, "role", "img", "aria-label", "Calls a second over time");
        faults.drawBands(svg, axis, TOP, BOTTOM);
        for (double tick = 0; tick <= top; tick += step) {
            double y = y(tick, top);
            svg.empty("line", "class", "grid", "x1", TimeAxis.LEFT, "x2", TimeAxis.RIGHT, "y1", y, "y2", y);
            svg.element(
                    "text",
                    Words.number((long) tick),
                    "class",
                    "tick",
                    "x",
                    TimeAxis.LEFT - 6,
                    "y",
                    y + 4,
                    "text-anchor",
                    "end");
        }
        axis.draw(svg, TOP, BOTTOM);
        steps(svg, "fail", slice -> notAnswered(slice, Outcome.FAIL) / seconds, top);
        steps(svg, "info", slice -> notAnswered(slice, Outcome.INFO) / seconds, top);
        steps(svg, "read", slice -> answered(slice, Kind.READ) / seconds, top);
        steps(svg, "append", slice -> answered(slice, Kind.APPEND) / seconds, top);
        return svg.close();
    }

    private static double answered(Slice slice, Kind kind) {
        return slice.ok(kind).total();
    }

    private static double notAnswered(Slice slice, Outcome outcome) {
        return slice.notOk(outcome).total();
    }

    /** Between two lines, so that there are three to six of them. */
    private static double step(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(most)));
        double first = most / power;
        return Math.max(1, power * (first > 5 ? 2 : first > 2 ? 1 : 0.5));
    }

    private static double y(double value, double top) {
        return BOTTOM - (BOTTOM - TOP) * value / top;
    }

    /** Only where it is above nothing. */
    private void steps(Markup svg, String name, ToDoubleFunction<Slice> rate, double top) {
        StringBuilder path = new StringBuilder();
        double before = 0;
        for (int i = 0; i <= statistics.slices().size(); i++) {
            double value = i == statistics.slices().size()
                    ? 0
                    : rate.applyAsDouble(statistics.slices().get(i));
            double x = tenths(axis.x(statistics.start() + i * statistics.sliceNanos()));
            if (before == 0 && value > 0) {
                path.append('M').append(x).append(' ').append(BOTTOM);
            } else if (before > 0) {
                path.append('H').append(x);
            }
            if (before > 0 || value > 0) {
                path.append('V').append(tenths(y(value, top)));
            }
            before = value;
        }
        if (!path.isEmpty()) {
            svg.empty("path", "class", "line " + name, "d", path);
        }
    }

    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
