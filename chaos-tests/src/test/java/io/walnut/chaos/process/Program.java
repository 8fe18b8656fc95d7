package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The program {@code walnut} as a user runs it: the launcher of the distribution, in a process of its own. */
final class Program {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String STACK_TRACE = "(?ms).*(^\\s+at [\\w.$/]+\\(|^Caused by: |Exception in thread).*";

    private final Process process;
    private final Path out;
    private final Path err;
    private final String line;

    private Program(Process process, Path out, Path err, String line) {
        this.process = process;
        this.out = out;
        this.err = err;
        this.line = line;
    }

    /** How a run ended. */
    record Ended(String line, int exitCode, String out, String err) {
        /** Ended as it should have, and without a stack trace. */
        Ended expect(int expectedCode) {
            assertThat(exitCode)
                    .as("%s\nstdout: %s\nstderr: %s", line, out, err)
                    .isEqualTo(expectedCode);
            assertThat(err).as(line).doesNotMatch(STACK_TRACE);
            return this;
        }

        /** Every one of these is in what it said on standard error. */
        Ended says(String... words) {
            assertThat(err).as(line).contains(words);
            return this;
        }
    }

    /** Runs to the end. */
    static Ended run(List<String> arguments) throws IOException, InterruptedException {
        Program program = start(arguments);
        program.stdin().close();
        return program.await(LIMIT);
    }

    static Ended run(String... arguments) throws IOException, InterruptedException {
        return run(List.of(arguments));
    }

    static Program start(List<String> arguments) throws IOException {
        var command = new ArrayList<String>();
        // A build that was started in the background ignores SIGINT, and what it starts would inherit that.
        command.addAll(List.of("env", "--default-signal=INT"));
        command.add(launcher().toString());
        command.addAll(arguments);
        Path out = Files.createTempFile("walnut-", ".out");
        Path err = Files.createTempFile("walnut-", ".err");
        var builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().keySet().removeIf(name -> name.startsWith("WALNUT_") && !name.endsWith("JAVA_OPTS"));
        String line = String.join(" ", arguments);
        return new Program(
                builder.start(), out, err, "walnut " + (line.length() > 200 ? line.substring(0, 200) + "..." : line));
    }

    OutputStream stdin() {
        return process.getOutputStream();
    }

    /** Ctrl-C, as a terminal sends it. */
    void interrupt() throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(code).as("kill -INT").isZero();
    }

    Ended await(Duration limit) throws IOException, InterruptedException {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(line + " has not ended within " + limit.toSeconds() + " s; so far on stdout: "
                        + Files.readString(out) + "\non stderr: " + Files.readString(err));
            }
            return new Ended(line, process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            process.destroyForcibly();
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static Path launcher() throws IOException {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path target = at.resolve("deploy/target");
            if (Files.isDirectory(target)) {
                try (Stream<Path> files = Files.find(target, 4, (path, attributes) -> path.endsWith("bin/walnut"))) {
                    return files.findAny()
                            .orElseThrow(() -> new IOException("no distribution under " + target
                                    + "; `mvn package` packs it before these tests run"));
                }
            }
        }
        throw new IOException("deploy/target is in no folder above "
                + Path.of("").toAbsolutePath() + "; `mvn package` packs the distribution before these tests run");
    }
}
