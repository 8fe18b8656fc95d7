package io.walnut.chaos.bugs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.bugs.PlantedBug.Chaos;
import io.walnut.chaos.bugs.PlantedBug.Owner;
import io.walnut.chaos.bugs.PlantedBug.Suite;
import io.walnut.cli.Output;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.byteman.agent.Main;

/**
 * One run of an owner in a JVM of its own, with the agent in it and in each JVM that it starts: the launcher {@code java} takes
 * options for all of them from the environment.
 */
final class Trial {
    /** A node's process has ended, and did not say that it was told to. */
    static final String NODE_ENDED = "NODE_ENDED";

    /** The cluster did not come back in time. */
    static final String NOT_READY = "NOT_READY";

    /** A node says that it cannot read what it has. */
    static final String CANNOT_READ = "CANNOT_READ";

    /** A node says that its files are damaged, and nobody has damaged them. */
    static final String DAMAGED = "DAMAGED";

    /** Nothing is violated, but not every node was read to its end. */
    static final String NOT_CONCLUSIVE = "NOT_CONCLUSIVE";

    /** A test has failed. */
    static final String TEST_FAILED = "TEST_FAILED";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What came of it.
     *
     * @param reached whether the bug did anything
     * @param signs that something is wrong
     * @param text the first of them, as a person reads it
     */
    record Outcome(boolean reached, TreeSet<String> signs, String text) {}

    private final Path directory;

    /** In an empty directory, which keeps what it leaves. */
    Trial(Path directory) {
        this.directory = directory;
    }

    /** Runs it to its end, without a bug when there is none to be planted. */
    Outcome run(Owner owner, Optional<PlantedBug> bug, long seed, Duration atMost)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path reached = directory.resolve("reached");
        Path result = directory.resolve("result.json");
        Path output = directory.resolve("output.log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options(owner, result, seed));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("JDK_JAVA_OPTIONS", agent(bug, reached));
        if (owner instanceof Chaos chaos) {
            builder.environment().putAll(chaos.environment());
        }
        Process process = builder.start();
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                return new Outcome(Files.exists(reached), new TreeSet<>(), "not at its end after " + atMost);
            }
        } finally {
            // Where it is killed it has not ended its nodes.
            List<ProcessHandle> left = process.descendants().toList();
            process.destroyForcibly();
            left.forEach(ProcessHandle::destroyForcibly);
            process.waitFor();
        }
        if (!Files.exists(result)) {
            throw new IOException("a trial ended with code " + process.exitValue()
                    + " and without a result; its output is in " + output);
        }
        requireWorkingRules();
        return outcome(Files.exists(reached), result);
    }

    /** A rule that fails is not the bug that it was to plant, and what is found then is nothing. */
    private void requireWorkingRules() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path log :
                    files.filter(file -> file.toString().endsWith(".log")).toList()) {
                String text = Files.readString(log, StandardCharsets.ISO_8859_1);
                int at = text.indexOf("org.jboss.byteman.rule.exception");
                if (at >= 0) {
                    throw new IllegalStateException("a rule has failed: "
                            + text.substring(at, Math.min(text.length(), at + 500)) + "; all of it: " + log);
                }
            }
        }
    }

    /** Attached also where no bug is planted, so that what it costs is not taken for a bug. */
    private static String agent(Optional<PlantedBug> bug, Path reached) {
        Path jar = Path.of(
                Main.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        String rules = bug.map(planted -> "=script:" + planted.rules()).orElse("");
        // Trials are short and there are many JVMs: none lives long enough for the better compiler.
        return "-XX:TieredStopAtLevel=1 -XX:-UsePerfData \"-javaagent:" + jar + rules + "\" \"-D" + BugHelper.REACHED
                + "=" + reached + "\"";
    }

    private List<String> options(Owner owner, Path result, long seed) {
        String classes = System.getProperty("java.class.path");
        List<String> options = new ArrayList<>(
                List.of("-Xmx512m", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        switch (owner) {
            case Chaos chaos ->
                options.addAll(List.of(
                        "-cp",
                        classes,
                        ChaosTrial.class.getName(),
                        result.toString(),
                        directory.toString(),
                        chaos.backend(),
                        chaos.workload(),
                        String.join(",", chaos.faults()),
                        Integer.toString(chaos.faultEvery()),
                        Integer.toString(chaos.seconds()),
                        Long.toString(seed)));
            case Suite(String module, String testClass, Map<String, String> properties) -> {
                properties.forEach((name, value) -> options.add("-D" + name + "=" + value));
                options.addAll(List.of(
                        "-Dwalnut.seed=" + seed,
                        "-cp",
                        testClasses(module) + File.pathSeparator + classes,
                        SuiteTrial.class.getName(),
                        result.toString(),
                        testClass));
            }
        }
        return options;
    }

    /** Not on the class path of this module: the nodes of its clusters would log as the engine's tests do. */
    private static Path testClasses(String module) {
        Path classes =
                Path.of("..", module, "target", "test-classes").toAbsolutePath().normalize();
        if (!Files.isDirectory(classes)) {
            throw new IllegalStateException("no test classes of " + module + " in " + classes
                    + "; build them first: mvn -pl chaos-tests -am test-compile");
        }
        return classes;
    }

    /** Written by the JVM of the trial. */
    static void write(Path result, Iterable<String> signs, String text) throws IOException {
        List<String> all = new ArrayList<>();
        signs.forEach(all::add);
        Files.writeString(result, Output.json(Map.of("signs", all, "text", text)));
    }

    private static Outcome outcome(boolean reached, Path result) throws IOException {
        JsonNode fields = JSON.readTree(result.toFile());
        TreeSet<String> signs = new TreeSet<>();
        fields.get("signs").forEach(sign -> signs.add(sign.asText()));
        return new Outcome(reached, signs, fields.get("text").asText());
    }
}
