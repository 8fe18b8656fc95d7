package io.walnut.chaos.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.run.RunDirectory;
import io.walnut.chaos.run.RunOptions;
import io.walnut.cli.Output;
import io.walnut.cli.OutputOption;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut chaos replay}: a run again, by what it left. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Run again what left this directory: the same seed, the same options.",
            "Says whether the verdict is the same, and exits as 'run' does."
        })
final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "A directory that 'run' left.")
    Path directory;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "store",
            description = "Where what the run leaves goes, in DIR/NAME/TIME (default: ${DEFAULT-VALUE}).")
    Path out;

    @Mixin
    OutputOption form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Path file = new RunDirectory(directory).results();
        JsonNode results = read(file);
        RunOptions options = RunOptions.of(results.path("options"), file);
        String before = verdict(results);
        try {
            Runner.Ran ran =
                    new Runner(options, null).run(out, spec.commandLine().getErr(), now -> print(before, now));
            return CheckCommand.code(ran.result().verdict(), ran.result().good());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void print(String before, Runner.Ran ran) {
        String now = verdict(ran);
        PrintWriter to = spec.commandLine().getOut();
        if (form.output() == Output.TABLE) {
            RunOutput.print(ran, Output.TABLE, to);
            to.println(
                    before.equals(now)
                            ? "the same verdict: " + now
                            : "another verdict: " + now + "; it was: " + before);
        } else {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("same", before.equals(now));
            fields.put("before", before);
            fields.put("now", now);
            fields.putAll(RunOutput.fields(ran));
            to.println(Output.json(fields));
        }
        to.flush();
    }

    private static JsonNode read(Path file) throws IOException {
        if (Files.notExists(file)) {
            throw new NoSuchFileException(
                    file + "; name a directory that 'walnut chaos run' left, and came to its end in");
        }
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is damaged: " + e.getOriginalMessage(), e);
        }
    }

    private static String verdict(JsonNode results) {
        JsonNode verdict = results.path("verdict");
        Set<String> kinds = new TreeSet<>();
        verdict.path("anomalies").fieldNames().forEachRemaining(kinds::add);
        return text(
                kinds,
                verdict.path("conclusive").asBoolean()
                        && results.path("broken_off").asText().isEmpty());
    }

    private static String verdict(Runner.Ran ran) {
        Verdict verdict = ran.result().verdict();
        Set<String> kinds = new TreeSet<>();
        verdict.counts().keySet().forEach(kind -> kinds.add(kind.name()));
        return text(kinds, verdict.conclusive() && ran.result().brokenOff().isEmpty());
    }

    /** How often, and where, is another thing in each run. */
    private static String text(Set<String> kinds, boolean finished) {
        return (kinds.isEmpty() ? "nothing violated" : "violated, by " + String.join(", ", kinds))
                + (finished ? "" : " by what was told, but the end is not known");
    }
}
