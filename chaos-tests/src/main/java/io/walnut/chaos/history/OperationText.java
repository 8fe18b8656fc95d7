package io.walnut.chaos.history;

import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Operations as people read them. */
public final class OperationText {
    private static final int RUNS = 5;

    private OperationText() {}

    /** Who asked what, when, and was told what, in a line. */
    public static String of(Operation operation) {
        Call call = operation.call();
        return "process " + call.process() + ", from " + call.invoked() + " to " + call.returned() + " ns: "
                + call(operation);
    }

    /** What was asked and what was told, for who knows when and by whom. */
    public static String call(Operation operation) {
        return asked(operation) + ": " + told(operation);
    }

    private static String asked(Operation operation) {
        return switch (operation) {
            case Append append -> "append " + ids(append.firstId(), append.count());
            case Read read -> mode(read.mode()) + " read" + at(read.node()) + " from offset " + read.from();
            case Describe describe -> mode(describe.mode()) + " look at the bounds" + at(describe.node());
            case Trim trim -> "trim before offset " + trim.before();
            case Status status -> "status" + at(status.node());
        };
    }

    private static String told(Operation operation) {
        String outcome = operation.call().ok()
                ? ""
                : operation.call().outcome().name().toLowerCase(Locale.ROOT) + " ("
                        + operation.call().error() + ")";
        String more = switch (operation) {
            case Append append -> append.call().ok() ? "at offset " + append.firstOffset() : "";
            case Read read -> records(read.records()) + bounds(read.start(), read.end());
            case Describe describe -> bounds(describe.start(), describe.end());
            case Trim trim -> trim.call().ok() ? "done" + bounds(trim.start(), Operation.UNKNOWN) : "";
            case Status status ->
                !status.call().ok()
                        ? ""
                        : (status.leads() ? "leads in term " : "term ") + status.term() + ", commit index "
                                + status.commitIndex();
        };
        return (outcome + " " + more).strip();
    }

    private static String records(List<Run> runs) {
        if (runs.isEmpty()) {
            return "no records";
        }
        String text = runs.stream()
                .limit(RUNS)
                .map(run -> ids(run.firstId(), run.count()) + " at " + run.offset())
                .collect(Collectors.joining(", "));
        return runs.size() > RUNS ? text + ", ... up to " + (runs.getLast().endOffset() - 1) : text;
    }

    private static String ids(long first, int count) {
        return count == 1 ? Ids.text(first) : Ids.text(first) + " to " + Ids.text(first + count - 1);
    }

    private static String bounds(long start, long end) {
        return (start == Operation.UNKNOWN ? "" : ", the log begins at " + start)
                + (end == Operation.UNKNOWN ? "" : ", the log ends at " + end);
    }

    private static String mode(Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    private static String at(String node) {
        return node.isEmpty() ? "" : " of " + node;
    }
}
