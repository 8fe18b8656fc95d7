package io.walnut.node.bench;

import io.walnut.cli.Output;
import io.walnut.node.bench.WalBenchCommand.Form;
import io.walnut.wal.bench.Report;
import io.walnut.wal.bench.RowResult;
import io.walnut.wal.bench.Subject;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Prints each row when it is done: figures on standard output; what is wrong with them, and what is not for a machine, on standard error. */
final class Printer implements Report {
    private static final String LINE = "     %-16s %12s %9s %9s %9s %9s %9s %10s %10s %6s%n";

    private static final double UNSTEADY = 1.5;

    private final Form form;
    private final PrintWriter out;
    private final PrintWriter err;
    private final List<RowResult> results = new ArrayList<>();
    private boolean failures;
    private String workload = "";

    Printer(Form form, PrintWriter out, PrintWriter err) {
        this.form = form;
        this.out = out;
        this.err = err;
    }

    List<RowResult> results() {
        return results;
    }

    boolean failures() {
        return failures;
    }

    void begin(Machine machine, List<Subject> subjects) {
        switch (form) {
            case TABLE -> {
                out.println(machine.line());
                subjects.forEach(subject -> out.println(subject.name() + ": " + subject.description()));
                out.printf(
                        LINE,
                        "",
                        "records/s",
                        "MB/s",
                        "p50 us",
                        "p90 us",
                        "p99 us",
                        "p99.9 us",
                        "max us",
                        "B/op",
                        "ratio");
            }
            case MARKDOWN -> {
                out.println(machine.line());
                out.println();
                subjects.forEach(subject -> out.println("- `" + subject.name() + "`: " + subject.description()));
                out.println();
                out.println("| row | workload | log | records/s | MB/s | p50 us | p90 us | p99 us | p99.9 us | max us"
                        + " | B/op | held against | ratio (rounds) |");
                out.println("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|");
            }
            case JSON, JSONL -> err.println(machine.line());
        }
        out.flush();
    }

    @Override
    public void measured(RowResult result) {
        results.add(result);
        switch (form) {
            case TABLE -> table(result);
            case MARKDOWN -> markdown(result);
            case JSON, JSONL -> out.println(Output.json(fields(result)));
        }
        out.flush();
    }

    @Override
    public void failed(String row, String workload, String backend, Exception cause) {
        failures = true;
        String who = backend.isEmpty() ? "" : ", " + backend;
        String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        note(row + " '" + workload + "'" + who + " could not be measured: " + why);
    }

    @Override
    public void note(String text) {
        out.flush();
        err.println("walnut: " + text);
        err.flush();
    }

    private void table(RowResult result) {
        String heading = "%-4s %s".formatted(result.row(), result.workload());
        if (!heading.equals(workload)) {
            workload = heading;
            out.println(heading + against(result));
        }
        out.printf(LINE, (Object[]) cells(result).toArray(String[]::new));
        if (result.ratios().size() > 1) {
            out.println("     " + " ".repeat(17) + "ratio of each round: " + ratios(result));
        }
    }

    private static String against(RowResult result) {
        RowResult.Reference to = result.reference();
        return to == null ? "" : ": beside " + described(to) + unsteady(result);
    }

    /** A ratio to a disk that was twice as fast a few seconds later says little. */
    private static String unsteady(RowResult result) {
        DoubleSummaryStatistics all = result.rounds().stream()
                .map(RowResult.Round::reference)
                .filter(Objects::nonNull)
                .mapToDouble(reference -> Objects.requireNonNull(reference).value())
                .summaryStatistics();
        return all.getMax() > UNSTEADY * all.getMin()
                ? String.format(
                        Locale.ROOT, " (unsteady: its rounds differ by %.1f times)", all.getMax() / all.getMin())
                : "";
    }

    private static String described(RowResult.Reference to) {
        return to.name()
                + switch (to.of()) {
                    case OPS_PER_SECOND -> String.format(Locale.ROOT, ": %,.0f/s", to.value());
                    case BYTES_PER_SECOND -> String.format(Locale.ROOT, ": %,.1f MB/s", to.value() / 1e6);
                };
    }

    private void markdown(RowResult result) {
        List<String> cells = new ArrayList<>(cells(result));
        String ratio = cells.removeLast();
        RowResult.Reference to = result.reference();
        cells.addFirst(result.workload());
        cells.addFirst(result.row());
        cells.add(to == null ? "" : described(to) + unsteady(result));
        cells.add(result.ratios().size() > 1 ? ratio + " (" + ratios(result) + ")" : ratio);
        out.println("| " + String.join(" | ", cells) + " |");
    }

    private static String ratios(RowResult result) {
        return result.ratios().stream().map(ratio -> figure(ratio, 2)).collect(Collectors.joining(", "));
    }

    /** From the name of the log to the ratio. */
    private static List<String> cells(RowResult result) {
        return List.of(
                result.backend(),
                figure(result.opsPerSecond(), result.opsPerSecond() < 100 ? 1 : 0),
                figure(result.bytesPerSecond() / 1e6, 1),
                figure(result.micros(50), 2),
                figure(result.micros(90), 2),
                figure(result.micros(99), 2),
                figure(result.micros(99.9), 2),
                figure(result.micros(100), 2),
                figure(result.allocatedBytesPerOp(), 1),
                figure(result.ratio(), 2));
    }

    private static String figure(double value, int digits) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%,." + digits + "f", value);
    }

    private static Map<String, @Nullable Object> fields(RowResult result) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("row", result.row());
        fields.put("workload", result.workload());
        fields.put("backend", result.backend());
        fields.put("ops_per_s", hundredths(result.opsPerSecond()));
        fields.put("bytes_per_s", hundredths(result.bytesPerSecond()));
        fields.put("p50_us", hundredths(result.micros(50)));
        fields.put("p99_us", hundredths(result.micros(99)));
        fields.put("p999_us", hundredths(result.micros(99.9)));
        fields.put("allocated_bytes_per_op", hundredths(result.allocatedBytesPerOp()));
        RowResult.Reference to = result.reference();
        fields.put("reference", to == null ? null : hundredths(to.value()));
        fields.put("ratio", hundredths(result.ratio()));
        return fields;
    }

    private static @Nullable Number hundredths(double value) {
        if (Double.isNaN(value)) {
            return null;
        }
        if (Math.abs(value) >= 10_000) {
            return Math.round(value);
        }
        return Math.round(value * 100) / 100.0;
    }
}
