package io.walnut.chaos.report;

import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.run.Outage;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** How often each fault came and how long clients waited; then what they did under those under which they waited longest. */
final class FaultsSection {
    private static final int MOST_FAULT_TIMELINES = 8;
    private static final int MOST_FAULT_ROWS = 500;
    private static final long MARGIN_NANOS = 1_000_000_000;

    private final Markup html;
    private final Drawings drawings;
    private final RunReport report;
    private final ChaosRun.Result result;

    FaultsSection(Markup html, Drawings drawings, RunReport report) {
        this.html = html;
        this.drawings = drawings;
        this.report = report;
        this.result = report.result();
    }

    void add() throws IOException {
        table();
        timelines();
    }

    private void table() {
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
    private void timelines() throws IOException {
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
        drawings.callsLegend();
        for (int i = 0; i < worst.size(); i++) {
            Nemesis.Injected fault = worst.get(i).fault();
            html.open("details", i == 0 ? new Object[] {"open", "open"} : new Object[0]);
            html.element(
                    "summary",
                    FaultBands.tip(fault) + ": " + Words.duration(worst.get(i).silence())
                            + " without an acknowledged append");
            drawings.timeline(windows.get(i), Set.of(), "Calls under " + fault.fault());
            html.close().line();
        }
        html.close().line();
    }

    private static TimeAxis around(Outage outage) {
        long from = outage.fault().begun() - MARGIN_NANOS;
        long to = outage.fault().healed() + outage.recovery().orElse(0) + MARGIN_NANOS;
        return new TimeAxis(from, Math.min(to, from + Drawings.LONGEST_WINDOW_NANOS));
    }
}
