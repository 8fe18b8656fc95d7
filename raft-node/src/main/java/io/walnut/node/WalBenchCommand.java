package io.walnut.node;

import io.walnut.cli.ExitCode;
import io.walnut.cli.Output;
import io.walnut.cli.OutputOption;
import io.walnut.wal.WalOptions;
import io.walnut.wal.bench.Bench;
import io.walnut.wal.bench.Row;
import io.walnut.wal.bench.RowResult;
import io.walnut.wal.bench.WalSubject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code walnut wal bench}: what the write-ahead log reaches in a directory, and what its disk can do. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Measure the write-ahead log alone, row by row of docs/PERFORMANCE.md, beside what fio (when it is"
                        + " installed) measures of the same disk in the same minute.")
final class WalBenchCommand implements Callable<Integer> {
    private static final String LINE = "%-4s %-50s %12s %8s %9s %9s %9s %7s %6s%n";

    @Option(names = "--rows", paramLabel = "ROW", split = ",", description = "Rows to measure: A1,A3 (default: all).")
    @Nullable
    List<String> rows;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long to measure each row (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "How long to run each row before measuring (default: ${DEFAULT-VALUE}).")
    int warmUp;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "Where: on the disk that is to be measured. A few GiB are written and removed again"
                    + " (default: the current directory).")
    Path directory = Path.of(".");

    @Mixin
    OutputOption form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        require("--seconds", seconds, 1, 3_600);
        require("--warm-up", warmUp, 0, 600);
        List<Row> chosen = Bench.rows(rows == null ? List.of() : rows);
        if (chosen.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--rows is " + rows + "; expected some of " + Bench.ids());
        }
        PrintWriter out = spec.commandLine().getOut();
        if (form.output() == Output.TABLE) {
            out.printf(LINE, "row", "workload", "records/s", "MB/s", "p50 us", "p99 us", "p99.9 us", "B/op", "ratio");
            out.flush();
        }
        try (Bench bench = new Bench(directory, new WalSubject(WalOptions.defaults()), warmUp, seconds)) {
            for (Row row : chosen) {
                print(row.run(bench), out);
                out.flush();
            }
        }
        return ExitCode.OK;
    }

    private void require(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    spec.commandLine(), option + " is " + value + "; expected " + min + " to " + max);
        }
    }

    private void print(RowResult result, PrintWriter out) {
        if (form.output() != Output.TABLE) {
            out.println(Output.json(fields(result)));
            return;
        }
        out.printf(
                LINE,
                result.row(),
                result.workload(),
                String.format(Locale.ROOT, "%,.0f", result.opsPerSecond()),
                String.format(Locale.ROOT, "%.1f", result.bytesPerSecond() / 1e6),
                micros(result, 50),
                micros(result, 99),
                micros(result, 99.9),
                String.format(Locale.ROOT, "%.1f", result.allocatedBytesPerOp()),
                result.reference() == null ? "" : String.format(Locale.ROOT, "%.2f", result.ratio()));
        RowResult.Reference to = result.reference();
        if (to != null) {
            out.printf(Locale.ROOT, "     of %s: %,.0f%n", to.name(), to.value());
        }
    }

    private static String micros(RowResult result, double percentile) {
        return String.format(Locale.ROOT, "%.2f", result.micros(percentile));
    }

    private static Map<String, @Nullable Object> fields(RowResult result) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("row", result.row());
        fields.put("workload", result.workload());
        fields.put("backend", result.backend());
        fields.put("ops_per_s", Math.round(result.opsPerSecond()));
        fields.put("bytes_per_s", Math.round(result.bytesPerSecond()));
        fields.put("p50_us", hundredths(result.micros(50)));
        fields.put("p99_us", hundredths(result.micros(99)));
        fields.put("p999_us", hundredths(result.micros(99.9)));
        fields.put("allocated_bytes_per_op", hundredths(result.allocatedBytesPerOp()));
        RowResult.Reference to = result.reference();
        fields.put("reference", to == null ? null : Math.round(to.value()));
        fields.put("ratio", to == null ? null : hundredths(result.ratio()));
        return fields;
    }

    private static double hundredths(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
