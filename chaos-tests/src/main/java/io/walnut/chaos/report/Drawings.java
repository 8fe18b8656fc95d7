package io.walnut.chaos.report;

import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Operation;
import java.util.List;
import java.util.Set;

/** What clients did, drawn: a row for each process, a bar for each call; and the keys to bars and lines. */
final class Drawings {
    static final long LONGEST_WINDOW_NANOS = 120_000_000_000L;

    private final Markup html;
    private final List<Nemesis.Injected> injected;

    Drawings(Markup html, List<Nemesis.Injected> injected) {
        this.html = html;
        this.injected = injected;
    }

    void timeline(Neighbours window, Set<Operation> marked, String label) {
        html.open("div", "class", "wide");
        html.add(new Timeline(window, injected, marked).draw(label)).close();
        if (window.left() > 0) {
            html.element(
                    "p", Words.count(window.left(), "call is", "calls are") + " not drawn: too many.", "class", "note");
        }
    }

    void callsLegend() {
        html.open("p");
        legend("append", "append", "read", "read", "mixed", "several of both", "info", "given up", "fail", "failed");
        html.close();
    }

    void legend(String... classesAndTexts) {
        html.open("span", "class", "legend");
        for (int i = 0; i < classesAndTexts.length; i += 2) {
            html.open("span")
                    .element("i", "", "class", "key " + classesAndTexts[i])
                    .text(classesAndTexts[i + 1])
                    .close();
        }
        html.close();
    }
}
