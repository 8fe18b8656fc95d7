package io.walnut.chaos.report;

import io.walnut.chaos.check.Violation;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.run.ChaosRun;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Each violation with the calls that tell of it, and what all clients did around them. */
final class ViolationsSection {
    private static final int MOST_VIOLATIONS = 20;

    private final Markup html;
    private final Drawings drawings;
    private final ChaosRun.Result result;

    ViolationsSection(Markup html, Drawings drawings, ChaosRun.Result result) {
        this.html = html;
        this.drawings = drawings;
        this.result = result;
    }

    void add() throws IOException {
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
        drawings.callsLegend();
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
            drawings.timeline(window, Set.copyOf(witnesses), "Calls around " + violation.anomaly());
        }
        html.close().line();
    }

    private static TimeAxis around(List<Operation> calls) {
        long from =
                calls.stream().mapToLong(call -> call.call().invoked()).min().orElseThrow();
        long to = calls.stream().mapToLong(call -> call.call().returned()).max().orElseThrow();
        long margin = Math.max((to - from) / 4, 10_000_000);
        return new TimeAxis(from - margin, Math.min(to, from + Drawings.LONGEST_WINDOW_NANOS) + margin);
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
}
