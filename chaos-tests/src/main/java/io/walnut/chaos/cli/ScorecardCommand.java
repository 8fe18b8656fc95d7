package io.walnut.chaos.cli;

import io.walnut.chaos.scorecard.Markdown;
import io.walnut.chaos.scorecard.Scorecard;
import io.walnut.cli.ExitCode;
import io.walnut.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code walnut chaos scorecard}: what all runs of a ledger together have shown. */
@Command(
        name = "scorecard",
        mixinStandardHelpOptions = true,
        description =
                "Count what the runs of a ledger have shown: histories, operations, faults by class, planted bugs.")
final class ScorecardCommand implements Callable<Integer> {
    /** How it is printed. */
    enum Form {
        MARKDOWN,
        JSON
    }

    @Option(
            names = "--ledger",
            paramLabel = "DIR",
            defaultValue = "docs/robustness",
            description = "Where 'run --ledger' has added its lines (default: ${DEFAULT-VALUE}).")
    Path ledger;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "markdown",
            description = "markdown or json (default: ${DEFAULT-VALUE}).")
    Form form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Scorecard card = Scorecard.of(ledger);
        PrintWriter out = spec.commandLine().getOut();
        if (form == Form.JSON) {
            out.println(Output.json(fields(card)));
        } else {
            out.print(Markdown.of(card, "./walnut chaos scorecard > docs/ROBUSTNESS.md"));
        }
        out.flush();
        return ExitCode.OK;
    }

    private static Map<String, Object> fields(Scorecard card) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("runs", card.runs());
        fields.put(
                "figures",
                card.rows().stream()
                        .map(row -> Map.of("figure", row.figure(), "now", row.now(), "wanted", row.wanted()))
                        .toList());
        fields.put(
                "classes",
                card.classes().stream()
                        .map(each -> Map.of(
                                "class", each.faultClass().name().toLowerCase(Locale.ROOT),
                                "faults", each.faults(),
                                "injected", each.injected(),
                                "runs", each.runs(),
                                "violated", each.violated()))
                        .toList());
        fields.put("bugs", card.bugs());
        fields.put("found", card.found());
        return fields;
    }
}
