package io.walnut.node.bench;

import io.walnut.cli.ExitCode;
import io.walnut.wal.WalOptions;
import io.walnut.wal.bench.Bench;
import io.walnut.wal.bench.Subject;
import io.walnut.wal.bench.WalSubject;
import io.walnut.wal.io.Backend;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code walnut wal bench}: what the write-ahead log reaches in a directory, and what its disk can do. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measure the write-ahead log alone, row by row of docs/PERFORMANCE.md, beside what fio (when it is"
                    + " installed) measures of the same disk in the same minute.",
            "Ctrl-C ends it early: the row under way is printed with what it has, and the files are removed.",
            "Exit code 1: some row could not be measured."
        })
public final class WalBenchCommand implements Callable<Integer> {
    private static final long CLEAN_UP_SECONDS = 60;

    @Option(names = "--rows", paramLabel = "ROW", split = ",", description = "Rows to measure: A1,A3 (default: all).")
    List<String> rows = List.of();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "6",
            description =
                    "How long to measure each row, in three rounds, with fio as long between them (default: ${DEFAULT-VALUE}).")
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

    @Option(names = "--large", description = "Run the rows of 10 GiB even where there is hardly room for them.")
    boolean large;

    @Option(
            names = "--subjects",
            paramLabel = "NAME",
            split = ",",
            description = "Logs to measure, of those on the class path (default: all).")
    List<String> subjects = List.of();

    @Option(
            names = "--plot",
            paramLabel = "FILE",
            description = "Also draw the latencies, by percentile and over time, into this .png file.")
    @Nullable
    Path plot;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "table, json, jsonl (both: an object a row, one a line) or markdown (default: ${DEFAULT-VALUE}).")
    Form form = Form.TABLE;

    @Spec
    CommandSpec spec;

    /** How the figures are printed. */
    enum Form {
        TABLE,
        JSON,
        JSONL,
        MARKDOWN
    }

    @Override
    public Integer call() throws IOException {
        require("--seconds", seconds, 1, 3_600);
        require("--warm-up", warmUp, 0, 600);
        for (String row : rows) {
            require("--rows", row.toUpperCase(Locale.ROOT), Bench.ids());
        }
        List<Subject> chosen = chosen();
        Plot drawing = plot == null ? null : Plot.into(plot, spec.commandLine());
        PrintWriter out = spec.commandLine().getOut();
        Printer printer = new Printer(form, out, spec.commandLine().getErr());
        printer.begin(Machine.of(directory), chosen);
        var finished = new CountDownLatch(1);
        Thread interrupt = null;
        var plan = new Bench.Plan(chosen, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), large);
        try (Bench bench = new Bench(directory, plan, printer)) {
            interrupt = Thread.ofPlatform().unstarted(() -> end(bench, finished));
            Runtime.getRuntime().addShutdownHook(interrupt);
            bench.run(rows);
            if (drawing != null) {
                drawing.draw(printer.results());
            }
        } finally {
            out.flush();
            finished.countDown();
            if (interrupt != null) {
                keep(interrupt);
            }
        }
        return printer.failures() ? ExitCode.FAILURE : ExitCode.OK;
    }

    /** On Ctrl-C: the process ends when this does. */
    private static void end(Bench bench, CountDownLatch finished) {
        bench.stop();
        try {
            boolean _ = finished.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void keep(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, and it is why this has ended.
        }
    }

    private List<Subject> chosen() {
        List<Subject> known = new ArrayList<>();
        known.add(new WalSubject("walnut", WalOptions.defaults()));
        ServiceLoader.load(Subject.class).forEach(known::add);
        int others = known.size();
        known.add(new WalSubject("walnut-portable", WalOptions.defaults().withBackend(Backend.PORTABLE)));
        known.add(new WalSubject("walnut-io_uring", WalOptions.defaults().withBackend(Backend.IO_URING)));
        List<String> names = known.stream().map(Subject::name).toList();
        for (String name : subjects) {
            require("--subjects", name, names);
        }
        return subjects.isEmpty()
                ? known.subList(0, others) // one backend is enough, unless they are to be compared
                : known.stream()
                        .filter(subject -> subjects.contains(subject.name()))
                        .toList();
    }

    private void require(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    spec.commandLine(), option + " is " + value + "; expected " + min + " to " + max);
        }
    }

    private void require(String option, String value, List<String> known) {
        if (!known.contains(value)) {
            throw new ParameterException(
                    spec.commandLine(), option + " has '" + value + "'; expected some of " + String.join(",", known));
        }
    }
}
