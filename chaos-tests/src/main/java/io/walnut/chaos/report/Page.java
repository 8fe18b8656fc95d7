package io.walnut.chaos.report;

import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.check.Violation;
import io.walnut.chaos.export.Exports;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Outcome;
import io.walnut.chaos.report.RunStatistics.Kind;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.run.Outage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code index.html}: the run for a person, in one file that needs no other and no network. */
final class Page {
    private static final int MOST_VIOLATIONS = 20;
    private static final int MOST_FAULT_TIMELINES = 8;
    private static final int MOST_FAULT_ROWS = 500;
    private static final long MARGIN_NANOS = 1_000_000_000;
    private static final long LONGEST_WINDOW_NANOS = 120_000_000_000L;

    private final RunReport report;
    private final ChaosRun.Result result;
    private final RunStatistics statistics;
    private final List<Exports.Written> exports;
    private final Markup html = new Markup();

    Page(RunReport report, RunStatistics statistics, List<Exports.Written> exports) {
        this.report = report;
        this.result = report.result();
        this.statistics = statistics;
        this.exports = exports;
    }

    String draw() throws IOException {
        String title = "Chaos run " + report.options().seed();
        html.open("html", "lang", "en").open("head").empty("meta", "charset", "utf-8");
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.element("title", title);
        html.element("style", style()).close().line();
        html.open("body").open("main");
        headline();
        figures();
        violations();
        plots();
        faults();
        faultTimelines();
        run();
        files();
        html.close().close().close().line();
        return "<!DOCTYPE html>\n" + html;
    }

    private static String style() throws IOException {
        try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream("page.css"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void headline() {
        Verdict verdict = result.verdict();
        String level = verdict.broken() ? "bad" : result.good() ? "good" : "open";
        html.open("header", "class", level);
        html.element(
                "p",
                "walnut chaos run · " + report.options().name() + " · "
                        + report.started().truncatedTo(ChronoUnit.SECONDS),
                "class",
                "over");
        html.element("h1", title(verdict));
        html.element("p", explanation(verdict));
        html.close().line();
    }

    private String title(Verdict verdict) {
        if (verdict.broken()) {
            long all = verdict.counts().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            return Words.count(all, "violation", "violations") + " found";
        }
        if (!result.brokenOff().isEmpty()) {
            return "No verdict: " + result.brokenOff().split("[;:] ", 2)[0];
        }
        if (!verdict.conclusive()) {
            return "No verdict: not every log was read to its end";
        }
        return result.skipped().isEmpty() ? "Nothing was violated" : "Nothing was violated, but not all was tried";
    }

    private String explanation(Verdict verdict) {
        StringBuilder text = new StringBuilder();
        if (verdict.broken()) {
            text.append(verdict.counts().entrySet().stream()
                    .map(kind -> Words.of(kind.getKey()) + " (" + Words.count(kind.getValue(), "time", "times") + ")")
                    .collect(Collectors.joining(". ", "", ".")));
        } else if (verdict.conclusive() && result.brokenOff().isEmpty()) {
            text.append("None of the ")
                    .append(Words.number(result.acknowledged()))
                    .append(
                            " acknowledged records was lost, doubled, moved or altered; at the end all nodes had the same logs; and")
                    .append(" all ")
                    .append(Words.number(verdict.operations()))
                    .append(
                            " answers are such as one single log each could have given, used by one client after another.");
        } else {
            text.append(
                    "By what was told until then nothing was violated; what is missing at the end, nobody has looked.");
        }
        if (!result.brokenOff().isEmpty()) {
            text.append(" The run did not come to its end: ")
                    .append(result.brokenOff())
                    .append('.');
        }
        if (!result.skipped().isEmpty()) {
            text.append(" Not injected, because this kind of cluster cannot have it: ")
                    .append(String.join(", ", result.skipped()))
                    .append('.');
        }
        return text.toString();
    }

    private void figures() {
        Latencies appends = statistics.all().ok(Kind.APPEND);
        html.open("section", "class", "figures");
        figure("Operations", Words.number(result.operations()), "calls of clients");
        figure("Acknowledged", Words.number(result.acknowledged()), "records");
        figure(
                "Not answered",
                Words.number(notOk(Outcome.INFO)) + " / " + Words.number(notOk(Outcome.FAIL)),
                "given up, outcome unknown / failed, no effect");
        figure(
                "Faults",
                Words.number(result.injected().size()),
                "of " + Words.count(kinds(), "kind", "kinds") + ", all healed");
        figure(
                "Longest silence",
                Words.duration(report.longestSilence(), "–"),
                "without an acknowledged append, under a fault");
        figure("Slowest recovery", Words.duration(report.slowestRecovery(), "–"), "from healing to the next append");
        figure(
                "Append latency",
                appends.total() == 0 ? "–" : Words.duration(appends.quantile(0.5)),
                appends.total() == 0
                        ? "none was acknowledged"
                        : "median; p99 " + Words.duration(appends.quantile(0.99)));
        html.close().line();
    }

    private long notOk(Outcome outcome) {
        return statistics.all().notOk(outcome).total();
    }

    private long kinds() {
        return result.injected().stream()
                .map(Nemesis.Injected::fault)
                .distinct()
                .count();
    }

    private void figure(String name, String value, String unit) {
        html.open("div")
                .element("h3", name)
                .element("p", value, "class", "value")
                .element("p", unit)
                .close();
    }

    private void violations() throws IOException {
        List<Violation> all = result.verdict().violations();
        if (all.isEmpty()) {
            return;
        }
        html.open("section").element("h2", "Violations");
        List<Violation> shown = all.subList(0, Math.min(all.size(), MOST_VIOLATIONS));
        Map<Violation, Neighbours> windows = new LinkedHashMap<>();
        for (Violation violation : shown) {
            List<Operation> clients = ofClients(violation);
            if (!clients.isEmpty()) {
                windows.put(violation, new Neighbours(around(clients)));
            }
        }
        Neighbours.fill(result.history(), windows.values());
        callsLegend();
        shown.forEach(violation -> violation(violation, violation.witnesses(), windows.get(violation)));
        long found = result.verdict().counts().values().stream()
                .mapToLong(Long::longValue)
                .sum();
        if (found > shown.size()) {
            html.element(
                    "p",
                    "Shown are " + shown.size() + " of " + Words.number(found)
                            + "; results.json has the first of each kind and log.",
                    "class",
                    "note");
        }
        html.close().line();
    }

    /** Without those that looked after the run: they would make any window of time too wide. */
    private static List<Operation> ofClients(Violation violation) {
        return violation.witnesses().stream()
                .filter(witness -> !(witness instanceof Operation.Read read && read.mode() == Operation.Mode.FINAL))
                .toList();
    }

    private void violation(Violation violation, List<Operation> witnesses, @Nullable Neighbours window) {
        html.open("article", "class", "violation");
        html.open("h3").element("span", violation.anomaly().name(), "class", "kind");
        html.text(" " + Words.of(violation.anomaly())).close();
        String where = violation.log().isEmpty()
                ? ""
                : "Log " + violation.log() + ", offset " + Words.number(violation.offset()) + ": ";
        html.element("p", where + violation.text());
        witnesses(witnesses);
        if (window != null) {
            timeline(window, Set.copyOf(witnesses), "Calls around " + violation.anomaly());
        }
        html.close().line();
    }

    private static TimeAxis around(List<Operation> calls) {
        long from =
                calls.stream().mapToLong(call -> call.call().invoked()).min().orElseThrow();
        long to = calls.stream().mapToLong(call -> call.call().returned()).max().orElseThrow();
        long margin = Math.max((to - from) / 4, 10_000_000);
        return new TimeAxis(from - margin, Math.min(to, from + LONGEST_WINDOW_NANOS) + margin);
    }

    private void witnesses(List<Operation> witnesses) {
        if (witnesses.isEmpty()) {
            return;
        }
        html.open("div", "class", "wide").open("table").open("tr");
        for (String column : List.of("who", "from", "to", "what")) {
            html.element("th", column);
        }
        html.close();
        for (Operation witness : witnesses) {
            html.open("tr").element("td", "process " + witness.call().process());
            html.element("td", Words.at(witness.call().invoked()), "class", "number");
            html.element("td", Words.at(witness.call().returned()), "class", "number");
            html.element("td", Timeline.text(witness)).close();
        }
        html.close().close();
    }

    private void timeline(Neighbours window, Set<Operation> marked, String label) {
        html.open("div", "class", "wide");
        html.add(new Timeline(window, result.injected(), marked).draw(label)).close();
        if (window.left() > 0) {
            html.element(
                    "p", Words.count(window.left(), "call is", "calls are") + " not drawn: too many.", "class", "note");
        }
    }

    private void callsLegend() {
        html.open("p");
        legend("append", "append", "read", "read", "mixed", "several of both", "info", "given up", "fail", "failed");
        html.close();
    }

    private void plots() {
        TimeAxis axis = new TimeAxis(statistics.start(), statistics.end());
        FaultBands bands = new FaultBands(result.injected());
        html.open("section").element("h2", "Over time");
        if (!result.injected().isEmpty()) {
            html.element("h3", "Faults");
            Markup bars = new Markup();
            bars.open(
                    "svg",
                    "viewBox",
                    "0 0 1000 " + (int) Math.ceil(bands.height() + 4),
                    "role",
                    "img",
                    "aria-label",
                    "Faults over time");
            bands.drawBars(bars, axis, 2);
            html.open("div", "class", "wide").add(bars.close()).close();
        }
        html.open("h3").text("Calls a second");
        legend("append", "appends acknowledged", "read", "reads answered", "info", "given up", "fail", "failed");
        html.close();
        html.open("div", "class", "wide")
                .add(new RatePlot(statistics, axis, bands).draw())
                .close();
        html.open("h3").text("How long appends took");
        legend("p50", "median", "p99", "p99", "max", "slowest", "info", "given up", "fail", "failed");
        html.close();
        html.open("div", "class", "wide")
                .add(new LatencyPlot(statistics, axis, bands).draw())
                .close();
        html.element(
                "p",
                "Each point is " + Words.duration(statistics.sliceNanos())
                        + " of the run; times are minutes and seconds since its clients began.",
                "class",
                "note");
        html.close().line();
    }

    private void legend(String... classesAndTexts) {
        html.open("span", "class", "legend");
        for (int i = 0; i < classesAndTexts.length; i += 2) {
            html.open("span")
                    .element("i", "", "class", "key " + classesAndTexts[i])
                    .text(classesAndTexts[i + 1])
                    .close();
        }
        html.close();
    }

    private void faults() {
        html.open("section").element("h2", "Faults");
        Map<String, Long> injected = report.injected();
        html.open("div", "class", "wide").open("table").open("tr");
        for (String column : List.of("fault", "times", "longest silence", "slowest recovery")) {
            html.element("th", column);
        }
        html.close();
        injected.forEach((fault, times) -> {
            if (times > 0) {
                fault(fault, times);
            }
        });
        for (String fault : result.skipped()) {
            html.open("tr", "class", "not-run").element("td", fault);
            html.element("td", "NOT RUN: it was asked for, and this kind of cluster cannot have it", "colspan", "3");
            html.close();
        }
        html.close().close();
        names(
                "Their turn did not come: ",
                injected.entrySet().stream()
                        .filter(fault -> fault.getValue() == 0)
                        .map(Map.Entry::getKey)
                        .toList());
        names("Not run, because this kind of cluster cannot have them: ", report.impossible());
        eachFault();
        html.close().line();
    }

    private void fault(String name, long times) {
        List<Outage> outages = result.outages().stream()
                .filter(outage -> outage.fault().fault().equals(name))
                .toList();
        OptionalLong silence = outages.stream().mapToLong(Outage::silence).max();
        OptionalLong recovery = outages.stream()
                .flatMapToLong(outage -> outage.recovery().stream())
                .max();
        html.open("tr").element("td", name).element("td", Words.number(times), "class", "number");
        html.element("td", Words.duration(silence, "–"), "class", "number");
        html.element("td", Words.duration(recovery, "none before the end"), "class", "number");
        html.close();
    }

    private void names(String what, List<String> names) {
        if (!names.isEmpty()) {
            html.element("p", what + String.join(", ", names) + ".", "class", "note");
        }
    }

    private void eachFault() {
        if (result.outages().isEmpty()) {
            return;
        }
        html.open("details")
                .element("summary", "Each of the " + result.outages().size());
        html.open("div", "class", "wide").open("table").open("tr");
        for (String column : List.of("begun", "healed", "fault", "hit", "silence", "recovery")) {
            html.element("th", column);
        }
        html.close();
        result.outages().stream()
                .sorted(Comparator.comparingLong(outage -> outage.fault().begun()))
                .limit(MOST_FAULT_ROWS)
                .forEach(outage -> {
                    html.open("tr").element("td", Words.at(outage.fault().begun()), "class", "number");
                    html.element("td", Words.at(outage.fault().healed()), "class", "number");
                    html.element("td", outage.fault().fault());
                    html.element("td", String.join(", ", outage.fault().hit()));
                    html.element("td", Words.duration(outage.silence()), "class", "number");
                    html.element("td", Words.duration(outage.recovery(), "none before the end"), "class", "number");
                    html.close();
                });
        html.close().close();
        if (result.outages().size() > MOST_FAULT_ROWS) {
            html.element("p", "The rest is in faults.jsonl.", "class", "note");
        }
        html.close();
    }

    /** Those under which clients waited longest. */
    private void faultTimelines() throws IOException {
        List<Outage> worst = result.outages().stream()
                .sorted(Comparator.comparingLong(outage -> -outage.silence()))
                .limit(MOST_FAULT_TIMELINES)
                .toList();
        if (worst.isEmpty()) {
            return;
        }
        List<Neighbours> windows =
                worst.stream().map(outage -> new Neighbours(around(outage))).toList();
        Neighbours.fill(result.history(), windows);
        html.open("section").element("h2", "What the clients did under the worst of them");
        callsLegend();
        for (int i = 0; i < worst.size(); i++) {
            Nemesis.Injected fault = worst.get(i).fault();
            html.open("details", i == 0 ? new Object[] {"open", "open"} : new Object[0]);
            html.element(
                    "summary",
                    FaultBands.tip(fault) + ": " + Words.duration(worst.get(i).silence())
                            + " without an acknowledged append");
            timeline(windows.get(i), Set.of(), "Calls under " + fault.fault());
            html.close().line();
        }
        html.close().line();
    }

    private static TimeAxis around(Outage outage) {
        long from = outage.fault().begun() - MARGIN_NANOS;
        long to = outage.fault().healed() + outage.recovery().orElse(0) + MARGIN_NANOS;
        return new TimeAxis(from, Math.min(to, from + LONGEST_WINDOW_NANOS));
    }

    private void run() {
        html.open("section").element("h2", "The run").open("dl");
        Map<String, Object> rows = new LinkedHashMap<>(report.options().fields());
        rows.putAll(RunReport.environment());
        rows.forEach((name, value) -> {
            String text = value instanceof List<?> list
                    ? list.stream().map(Object::toString).collect(Collectors.joining(", "))
                    : value.toString();
            html.element("dt", name).element("dd", text);
        });
        html.close();
        html.element(
                "p",
                "To run it again: ./repro.sh, or walnut chaos replay with this directory. The seed gives the same"
                        + " faults and the same calls; threads and clocks make their own order, so that a violation may need several tries.");
        html.close().line();
    }

    private void files() throws IOException {
        html.open("section").element("h2", "Files").open("div", "class", "wide").open("table");
        file(report.directory().history(), "all calls and their answers, as walnut chaos check judges them");
        file(report.directory().faults(), "what was done to the cluster, and when");
        file(report.directory().results(), "the figures of this page, and the verdict");
        for (Exports.Written written : exports) {
            for (Path path : written.files()) {
                file(
                        path,
                        written.form().text()
                                + (written.cut()
                                        ? "; cut: the first " + Words.number(written.operations()) + " of "
                                                + Words.number(written.of()) + " operations"
                                        : ""));
            }
        }
        file(report.directory().repro(), "repeats the run");
        if (Files.isDirectory(report.directory().nodes())) {
            try (var logs = Files.list(report.directory().nodes())) {
                for (Path log : logs.sorted().toList()) {
                    file(log, "what the node printed");
                }
            }
        }
        if (!result.good()) {
            html.open("tr")
                    .open("td")
                    .element("a", "cluster/", "href", "cluster/")
                    .close();
            html.element("td", "")
                    .element("td", "the nodes' directories with their data, as the run left them")
                    .close();
        }
        html.close().close().close().line();
    }

    private void file(Path path, String text) throws IOException {
        if (Files.exists(path)) {
            String name = report.relative(path);
            html.open("tr").open("td").element("a", name, "href", name).close();
            html.element("td", Words.bytes(Files.size(path)), "class", "number")
                    .element("td", text)
                    .close();
        }
    }
}
