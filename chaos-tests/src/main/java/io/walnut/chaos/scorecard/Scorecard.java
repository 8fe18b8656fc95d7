package io.walnut.chaos.scorecard;

import com.fasterxml.jackson.databind.JsonNode;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Faults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What the ledger comes to. A row is never taken out: what nobody has measured says so.
 *
 * @param runs how many
 * @param rows the figures
 * @param classes of faults, those that never came among them
 * @param bugs planted ones
 * @param found bugs found in Walnut
 */
public record Scorecard(int runs, List<Row> rows, List<ClassRow> classes, List<JsonNode> bugs, List<JsonNode> found) {
    private static final String NOT_MEASURED = "not measured";
    private static final int OFTEN = 100;

    public Scorecard {
        rows = List.copyOf(rows);
        classes = List.copyOf(classes);
        bugs = List.copyOf(bugs);
        found = List.copyOf(found);
    }

    /** One figure, what it is now, and what the first release is to have. */
    public record Row(String figure, String now, String wanted) {}

    /**
     * A class of faults.
     *
     * @param faults names of those that there are
     * @param injected how often they came
     * @param runs in how many runs
     * @param violated in how many of these something was violated
     */
    public record ClassRow(FaultClass faultClass, List<String> faults, long injected, int runs, int violated) {
        public ClassRow {
            faults = List.copyOf(faults);
        }
    }

    /** Of the ledger in this directory. */
    public static Scorecard of(Path directory) throws IOException {
        return of(Ledger.read(directory));
    }

    static Scorecard of(Ledger ledger) {
        List<ClassRow> classes = Arrays.stream(FaultClass.values())
                .map(each -> row(each, ledger))
                .toList();
        return new Scorecard(ledger.runs().size(), rows(ledger, classes), classes, ledger.bugs(), ledger.found());
    }

    private static ClassRow row(FaultClass faultClass, Ledger ledger) {
        String name = faultClass.name().toLowerCase(Locale.ROOT);
        List<JsonNode> with = ledger.runs().stream()
                .filter(run -> run.path("classes").has(name))
                .toList();
        return new ClassRow(
                faultClass,
                Faults.all().stream()
                        .filter(fault -> fault.faultClass() == faultClass)
                        .map(Fault::name)
                        .toList(),
                with.stream()
                        .mapToLong(run -> run.path("classes").path(name).asLong())
                        .sum(),
                with.size(),
                (int) with.stream()
                        .filter(run -> !run.path("anomalies").isEmpty())
                        .count());
    }

    private static List<Row> rows(Ledger ledger, List<ClassRow> classes) {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(
                "findings of records lost or overwritten / there twice / out of order, acknowledged records",
                "%,d / %,d / %,d; %,d"
                        .formatted(
                                anomalies(ledger, "LOST", "HOLE", "DIVERGENT", "TRIMMED_TOO_EARLY"),
                                anomalies(ledger, "DUPLICATE"),
                                anomalies(ledger, "REORDERED", "SKIPPED"),
                                sum(ledger.runs(), "acknowledged")),
                "0 / 0 / 0"));
        rows.add(new Row(
                "findings of reads without what was acknowledged before / records altered / anything else",
                "%,d / %,d / %,d"
                        .formatted(
                                anomalies(ledger, "STALE"),
                                anomalies(ledger, "ALTERED"),
                                anomalies(
                                        ledger,
                                        "PHANTOM",
                                        "TORN_BATCH",
                                        "FAILED_APPEND_IS_THERE",
                                        "FUTURE",
                                        "TRIM_UNDONE",
                                        "REPLICAS_DIFFER",
                                        "UNEXPLAINED",
                                        "TWO_LEADERS")),
                "0 / 0 / 0"));
        rows.add(new Row(
                "histories of clusters under faults, judged; runs that were not good",
                "%,d; %,d"
                        .formatted(
                                ledger.runs().stream()
                                        .filter(run -> run.has("anomalies")
                                                && !run.path("classes").isEmpty())
                                        .count(),
                                ledger.runs().stream()
                                        .filter(run -> !run.path("good").asBoolean())
                                        .count()),
                "500; 0"));
        rows.add(new Row("operations in them", "%,d".formatted(sum(ledger.runs(), "operations")), "100,000,000"));
        rows.add(suite(
                ledger, "checker-operations-per-second", "the judge, operations a second on one core", "2,000,000"));
        rows.add(suite(
                ledger,
                "checker-operations",
                "operations of the longest history judged, made in memory",
                "100,000,000"));
        rows.add(new Row(
                "classes of faults that came; a hundred times",
                "%,d; %,d of %,d"
                        .formatted(
                                classes.stream()
                                        .filter(each -> each.injected() > 0)
                                        .count(),
                                classes.stream()
                                        .filter(each -> each.injected() >= OFTEN)
                                        .count(),
                                classes.size()),
                "36; 36"));
        rows.add(
                new Row("pairs of classes at once, of those that there are faults of", pairs(ledger, classes), "60 %"));
        rows.add(new Row(
                "power cuts of nodes; of the engine alone, on ext4 and xfs",
                "%,d; %,d"
                        .formatted(
                                injected(classes, FaultClass.POWER_CUT_ONE)
                                        + injected(classes, FaultClass.POWER_CUT_ALL),
                                counted(ledger, "power-cuts")),
                "1,000 together"));
        rows.add(suite(ledger, "crash-images", "crash images of the engine made and recovered", "10,000,000"));
        rows.add(suite(
                ledger,
                "failing-io-cells",
                "failing operations, at each moment and by each error, with a written outcome",
                "182"));
        rows.add(suite(ledger, "damages", "damages of each kind of file, each as expected", "100 %"));
        rows.add(suite(ledger, "fuzz-executions", "fuzzed inputs", "100,000,000"));
        rows.add(new Row("planted bugs caught; median time", bugs(ledger), "25 of 30; 10 min"));
        rows.add(new Row(
                "without an acknowledgement after the leader was killed: median / p99", silence(ledger), "1 s / 3 s"));
        for (String figure : List.of(
                "failures of clusters that repeat by their seed",
                "repair of 1 GiB of rotten segments without an operator",
                "p99 of appends with one slow disk, by that without",
                "branches covered and mutants killed, storage and state machine")) {
            rows.add(new Row(figure, NOT_MEASURED, ""));
        }
        rows.add(suite(ledger, "foreign-checkers", "histories that somebody else's checker has passed, too", "20 %"));
        return rows;
    }

    private static long sum(List<JsonNode> lines, String field) {
        return lines.stream().mapToLong(line -> line.path(field).asLong()).sum();
    }

    private static long anomalies(Ledger ledger, String... kinds) {
        return ledger.runs().stream()
                .map(run -> run.path("anomalies"))
                .flatMapToLong(found ->
                        Arrays.stream(kinds).mapToLong(kind -> found.path(kind).asLong()))
                .sum();
    }

    private static long injected(List<ClassRow> classes, FaultClass faultClass) {
        return classes.stream()
                .filter(each -> each.faultClass() == faultClass)
                .mapToLong(ClassRow::injected)
                .sum();
    }

    private static long counted(Ledger ledger, String figure) {
        return sum(
                ledger.suites().stream()
                        .filter(suite -> suite.path("figure").asText().equals(figure))
                        .toList(),
                "count");
    }

    /** Added up, but for what is no sum. */
    private static Row suite(Ledger ledger, String figure, String text, String wanted) {
        LongStream counts = ledger.suites().stream()
                .filter(suite -> suite.path("figure").asText().equals(figure))
                .mapToLong(suite -> suite.path("count").asLong());
        long count = figure.startsWith("checker") || figure.equals("damages") || figure.endsWith("cells")
                ? counts.max().orElse(0)
                : counts.sum();
        return new Row(text, count == 0 ? NOT_MEASURED : "%,d".formatted(count), wanted);
    }

    private static String pairs(Ledger ledger, List<ClassRow> classes) {
        Set<String> seen = new HashSet<>();
        ledger.runs().forEach(run -> run.path("pairs").fieldNames().forEachRemaining(seen::add));
        long there = classes.stream().filter(each -> !each.faults().isEmpty()).count();
        long all = there * (there - 1) / 2;
        return "%,d of %,d, %d %%".formatted(seen.size(), all, all == 0 ? 0 : 100L * seen.size() / all);
    }

    private static String bugs(Ledger ledger) {
        List<JsonNode> caught = ledger.bugs().stream()
                .filter(bug -> bug.path("caught").asBoolean())
                .toList();
        if (ledger.bugs().isEmpty()) {
            return NOT_MEASURED;
        }
        return "%d of %d; %.0f s"
                .formatted(
                        caught.size(),
                        ledger.bugs().size(),
                        quantile(caught.stream().map(bug -> bug.path("seconds")), 0.5));
    }

    private static String silence(Ledger ledger) {
        List<JsonNode> silences = ledger.runs().stream()
                .flatMap(run -> StreamSupport.stream(
                        run.path("silence_ms").path("kill-leader").spliterator(), false))
                .toList();
        return silences.isEmpty()
                ? NOT_MEASURED
                : "%.1f s / %.1f s, %d kills"
                        .formatted(
                                quantile(silences.stream(), 0.5) / 1000,
                                quantile(silences.stream(), 0.99) / 1000,
                                silences.size());
    }

    private static double quantile(Stream<JsonNode> values, double quantile) {
        double[] sorted = values.mapToDouble(JsonNode::asDouble).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, (long) (sorted.length * quantile))];
    }
}
