package io.walnut.chaos.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.check.HistoryJudge;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.check.Violation;
import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.history.Operation;
import io.walnut.cli.ExitCode;
import io.walnut.cli.Output;
import io.walnut.cli.OutputOption;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut chaos check}: judges a history by itself, whoever recorded it. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Judge a history: could one log each have given these answers?",
            "Exits with 0 when nothing was violated and every log was read to its end afterwards, with 7 when something was,"
                    + " with 5 when nobody can know, with 1 when it cannot be read."
        })
final class CheckCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<LinkedHashMap<String, Object>> FIELDS = new TypeReference<>() {};

    @Parameters(paramLabel = "FILE", description = "A history, one operation a line (docs/HISTORIES.md has the form).")
    Path file;

    @Mixin
    OutputOption form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        HistoryFiles.readable(file);
        Verdict verdict;
        try {
            verdict = HistoryJudge.judge(file);
        } catch (OutOfMemoryError e) {
            throw new IOException(
                    file + " needs more memory than there is; give more with WALNUT_CLIENT_HEAP, such as 8g", e);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (form.output() == Output.TABLE) {
            print(verdict, out);
        } else {
            out.println(Output.json(fields(verdict)));
        }
        out.flush();
        return code(verdict, verdict.conclusive());
    }

    /** What a verdict makes of a command. */
    static int code(Verdict verdict, boolean good) {
        return verdict.broken() ? ExitCode.DAMAGED : good ? ExitCode.OK : ExitCode.OUTCOME_UNKNOWN;
    }

    static void print(Verdict verdict, PrintWriter out) {
        out.printf(Locale.ROOT, "%,d operations on %,d logs%n", verdict.operations(), verdict.logs());
        verdict.violations().forEach(out::println);
        verdict.counts().forEach((anomaly, count) -> out.printf(Locale.ROOT, "%s: %,d%n", anomaly, count));
        if (verdict.searched() < verdict.trimmed().size()) {
            out.printf(
                    Locale.ROOT,
                    "%,d logs were trimmed, %,d of them were small enough to be searched; on the others the check may miss"
                            + " something%n",
                    verdict.trimmed().size(),
                    verdict.searched());
        }
        if (verdict.broken()) {
            return;
        }
        if (verdict.logs() == 0) {
            out.println("there is no operation on any log: nothing to judge");
            return;
        }
        out.println(
                verdict.conclusive()
                        ? "nothing violated"
                        : "nothing violated by what is told, but not every log was read to its end afterwards:"
                                + " records may be lost, and nobody has looked");
    }

    static Map<String, Object> fields(Verdict verdict) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("operations", verdict.operations());
        fields.put("logs", verdict.logs());
        fields.put("conclusive", verdict.conclusive());
        fields.put("trimmed", verdict.trimmed().size());
        fields.put("searched", verdict.searched());
        fields.put("anomalies", verdict.counts());
        fields.put(
                "violations",
                verdict.violations().stream().map(CheckCommand::fields).toList());
        return fields;
    }

    /** As its line in the history has it. */
    private static Map<String, Object> fields(Operation operation) {
        try {
            return JSON.readValue(HistoryWriter.line(operation), FIELDS);
        } catch (JsonProcessingException e) {
            throw new AssertionError("just written", e);
        }
    }

    private static Map<String, Object> fields(Violation violation) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("anomaly", violation.anomaly());
        fields.put("log", violation.log());
        fields.put("offset", violation.offset());
        fields.put("text", violation.text());
        fields.put(
                "witnesses",
                violation.witnesses().stream().map(CheckCommand::fields).toList());
        return fields;
    }
}
