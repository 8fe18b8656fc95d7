package io.walnut.chaos.scorecard;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A scorecard as a document. */
public final class Markdown {
    private Markdown() {}

    /** All of it. */
    public static String of(Scorecard card, String command) {
        StringBuilder text = new StringBuilder();
        text.append("# Robustness\n\nWritten by `")
                .append(command)
                .append("` from the ledger in `docs/robustness`, not by hand.\n");
        text.append("Of ")
                .append(String.format(Locale.ROOT, "%,d", card.runs()))
                .append(" runs.\n\n");
        table(text, List.of("figure", "now", "first release"));
        card.rows().forEach(row -> row(text, List.of(row.figure(), row.now(), row.wanted())));
        text.append(
                "\n## Classes of faults\n\nA class that no fault is of yet has never come, and a run does not claim it. "
                        + "`./walnut chaos run --faults NAME` injects one.\n\n");
        table(text, List.of("class", "what happens", "faults", "came", "in runs", "of these violated"));
        card.classes()
                .forEach(each -> row(
                        text,
                        List.of(
                                each.faultClass().name().toLowerCase(Locale.ROOT),
                                each.faultClass().text(),
                                each.faults().isEmpty() ? "none yet" : String.join(", ", each.faults()),
                                number(each.injected()),
                                number(each.runs()),
                                number(each.violated()))));
        text.append("\n## Planted bugs\n\nWhat they are and how to plant them again: TESTING.md.\n\n");
        table(text, List.of("bug", "what it does", "must be found by", "found as", "after seconds", "seed"));
        card.bugs()
                .forEach(bug -> row(
                        text,
                        List.of(
                                field(bug, "bug"),
                                field(bug, "text"),
                                field(bug, "owner"),
                                foundAs(bug),
                                field(bug, "seconds"),
                                field(bug, "seed"))));
        text.append("\n## Bugs found in Walnut\n\n");
        table(text, List.of("what", "found by", "mended by", "repeat it"));
        card.found()
                .forEach(found -> row(
                        text,
                        List.of(
                                field(found, "what"),
                                field(found, "how"),
                                field(found, "commit"),
                                field(found, "repeat"))));
        return text.toString();
    }

    private static String foundAs(JsonNode bug) {
        if (bug.path("caught").asBoolean()) {
            return field(bug, "anomaly");
        }
        if (!bug.path("tried").asBoolean()) {
            return "not tried yet";
        }
        return bug.path("reached").asBoolean() ? "NOT CAUGHT" : "never reached";
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String field(JsonNode line, String name) {
        return line.path(name).asText();
    }

    private static void table(StringBuilder text, List<String> columns) {
        row(text, columns);
        row(text, columns.stream().map(_ -> "---").toList());
    }

    private static void row(StringBuilder text, List<String> cells) {
        text.append(cells.stream()
                        .map(cell -> cell.replace("|", "\\|").replace("\n", " "))
                        .collect(Collectors.joining(" | ", "| ", " |")))
                .append('\n');
    }
}
