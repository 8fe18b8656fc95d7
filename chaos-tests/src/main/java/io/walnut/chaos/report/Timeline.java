package io.walnut.chaos.report;

import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.OperationText;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What each process did in a window of time, under the faults of that time.
 *
 * @param marked calls that are pointed at
 */
record Timeline(Neighbours neighbours, List<Nemesis.Injected> faults, Set<Operation> marked) {
    private static final double ROW = 13;
    private static final double TOP_GAP = 6;

    Markup draw(String label) {
        TimeAxis axis = neighbours.axis();
        FaultBands bands = new FaultBands(faults.stream()
                .filter(fault -> fault.begun() <= axis.to() && fault.healed() >= axis.from())
                .toList());
        double top = bands.height() + TOP_GAP;
        double bottom = top + Math.max(1, neighbours.processes().size()) * ROW + 4;
        Markup svg = new Markup();
        svg.open("svg", "viewBox", "0 0 1000 " + (int) Math.ceil(bottom + 24), "role", "img", "aria-label", label);
        bands.drawBars(svg, axis, 0);
        bands.drawBands(svg, axis, top, bottom);
        axis.draw(svg, top, bottom);
        double y = top + 2;
        for (Map.Entry<Integer, List<Neighbours.Bar>> process :
                neighbours.processes().entrySet()) {
            svg.element(
                    "text",
                    "process " + process.getKey(),
                    "class",
                    "tick",
                    "x",
                    TimeAxis.LEFT - 6,
                    "y",
                    y + ROW - 3,
                    "text-anchor",
                    "end");
            for (Neighbours.Bar bar : process.getValue()) {
                draw(svg, bar, y);
            }
            y += ROW;
        }
        return svg.close();
    }

    private void draw(Markup svg, Neighbours.Bar bar, double y) {
        boolean isMarked = bar.calls() == 1 && marked.contains(bar.last());
        svg.open(
                "rect",
                "class",
                "call " + bar.kind() + (isMarked ? " marked" : ""),
                "x",
                bar.from(),
                "y",
                y + 2,
                "width",
                Math.max(1.5, bar.to() - bar.from()),
                "height",
                ROW - 4);
        svg.element("title", tip(bar));
        svg.close();
    }

    private static String tip(Neighbours.Bar bar) {
        if (bar.calls() > 1) {
            return Words.number(bar.calls()) + " calls, all answered";
        }
        return text(bar.last());
    }

    /** A call in a line. */
    static String text(Operation operation) {
        Call call = operation.call();
        return OperationText.call(operation) + ", after " + Words.duration(call.returned() - call.invoked());
    }
}
