package io.walnut.chaos.report;

import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.export.Exports;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Outcome;
import io.walnut.chaos.report.RunStatistics.Kind;
import io.walnut.chaos.run.ChaosRun;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** {@code index.html}: the run for a person, in one file that needs no other and no network. */
final class Page {
    private final RunReport report;
    private final ChaosRun.Result result;
    private final RunStatistics statistics;
    private final List<Exports.Written> exports;
    private final Markup html = new Markup();
    private final Drawings drawings;

    Page(RunReport report, RunStatistics statistics, List<Exports.Written> exports) {
        this.report = report;
        this.result = report.result();
        this.statistics = statistics;
        this.exports = exports;
        this.drawings = new Drawings(html, result.injected());
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
        new ViolationsSection(html, drawings, result).add();
        plots();
        new FaultsSection(html, drawings, report).add();
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
        if (!result.damages().isEmpty()) {
            return "Nothing was violated, but files were damaged by nobody";
        }
        if (result.acknowledged() == 0) {
            return "No verdict: no record was acknowledged";
        }
        return result.absent().isEmpty() && result.skipped().isEmpty()
                ? "Nothing was violated"
                : "Nothing was violated, but not all was tried";
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
        if (!result.damages().isEmpty()) {
            text.append(" Damage that no fault explains: ")
                    .append(String.join("; ", result.damages()))
                    .append('.');
        }
        if (!result.absent().isEmpty()) {
            text.append(" Asked for, and never injected: ")
                    .append(String.join(", ", result.absent()))
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
        drawings.legend(
                "append", "appends acknowledged", "read", "reads answered", "info", "given up", "fail", "failed");
        html.close();
        html.open("div", "class", "wide")
                .add(new RatePlot(statistics, axis, bands).draw())
                .close();
        html.open("h3").text("How long appends took");
        drawings.legend("p50", "median", "p99", "p99", "max", "slowest", "info", "given up", "fail", "failed");
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
