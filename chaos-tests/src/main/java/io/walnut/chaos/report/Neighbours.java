package io.walnut.chaos.report;

import io.walnut.chaos.history.HistoryReader;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The calls in a window of time, by process, as bars. Calls that would be too narrow to be told apart become one bar, so that there is
 * a bound to their number.
 */
final class Neighbours {
    private static final double NARROW = 2;
    private static final int MOST_BARS_A_PROCESS = 240;
    private static final int MOST_PROCESSES = 48;

    /**
     * A call, or several that went well.
     *
     * @param kind {@code append}, {@code read}, {@code mixed} of both, {@code fail} or {@code info}
     * @param last the last call in it
     */
    record Bar(double from, double to, String kind, int calls, Operation last) {}

    private final TimeAxis axis;
    private final Map<Integer, List<Bar>> processes = new TreeMap<>();
    private long left;

    Neighbours(TimeAxis axis) {
        this.axis = axis;
    }

    /** Fills windows from a history, in one pass. */
    static void fill(Path history, Collection<Neighbours> windows) throws IOException {
        if (windows.isEmpty()) {
            return;
        }
        try (HistoryReader reader = new HistoryReader(history)) {
            for (Operation next = reader.next(); next != null; next = reader.next()) {
                for (Neighbours window : windows) {
                    window.add(next);
                }
            }
        }
    }

    private void add(Operation operation) {
        if (operation.call().returned() < axis.from()
                || operation.call().invoked() > axis.to()
                || operation instanceof Operation.Status
                || (operation instanceof Operation.Read read && read.mode() == Mode.FINAL)) {
            return;
        }
        int process = operation.call().process();
        if (!processes.containsKey(process) && processes.size() == MOST_PROCESSES) {
            left++;
            return;
        }
        List<Bar> bars = processes.computeIfAbsent(process, any -> new ArrayList<>());
        double from = axis.x(operation.call().invoked());
        double to = axis.x(operation.call().returned());
        Bar bar = new Bar(from, to, kind(operation), 1, operation);
        Bar before = bars.isEmpty() ? null : bars.getLast();
        if (before != null && joins(before, bar)) {
            String kind = before.kind.equals(bar.kind) ? bar.kind : "mixed";
            bars.set(bars.size() - 1, new Bar(before.from, Math.max(before.to, to), kind, before.calls + 1, operation));
        } else if (bars.size() < MOST_BARS_A_PROCESS) {
            bars.add(bar);
        } else {
            left++;
        }
    }

    private static boolean joins(Bar before, Bar bar) {
        boolean narrow = bar.to - bar.from < NARROW && (before.calls > 1 || before.to - before.from < NARROW);
        boolean close = bar.from - before.to < NARROW && bar.from >= before.from;
        return narrow && close && bar.last.call().ok() && before.last.call().ok();
    }

    private static String kind(Operation operation) {
        return switch (operation.call().outcome()) {
            case OK -> operation instanceof Operation.Append ? "append" : "read";
            case FAIL -> "fail";
            case INFO -> "info";
        };
    }

    TimeAxis axis() {
        return axis;
    }

    Map<Integer, List<Bar>> processes() {
        return processes;
    }

    /** Calls for which there was no room. */
    long left() {
        return left;
    }
}
