package io.walnut.chaos.cluster;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of this machine, called and waited for. */
public final class Commands {
    private static final long PATIENCE_SECONDS = 60;

    private Commands() {}

    /** Whether there is one of this name where programs are looked for. */
    public static boolean onPath(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** Calls a program without input and returns what it printed; fails as {@link #run(List, String)} does. */
    public static String run(String... command) throws IOException {
        return run(List.of(command), "");
    }

    /**
     * Calls a program and returns what it printed.
     *
     * @param input what it reads; small
     * @throws IOException when it cannot be called, does not end, or exits with anything but 0; with what it said
     */
    public static String run(List<String> command, String input) throws IOException {
        String name = String.join(" ", command);
        Path output =
                Files.createTempFile("walnut-chaos-", ".out"); // what is left of it might keep a pipe open for ever
        Process process = null;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(name + ": has not ended after " + PATIENCE_SECONDS + " s");
            }
            String said = Files.readString(output).strip();
            if (process.exitValue() != 0) {
                throw new IOException(name + ": exit code " + process.exitValue() + ": " + said
                        + (input.isEmpty() ? "" : "\nit was given:\n" + input));
            }
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while it ran: " + name);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            Files.delete(output);
        }
    }
}
