package io.walnut.node.local;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One node as a process of the operating system, found again by its process id file. Not thread-safe. */
final class NodeProcess {
    /** How the program says why it ends. */
    private static final String REASON = "walnut: ";

    private static final Pattern STACK_TRACE = Pattern.compile("\\s+(at |\\.\\.\\. )|Caused by: ");

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

    private final NodeLayout layout;
    private final HttpClient http;

    /** Null where another process has started it. */
    private volatile @Nullable Process started;

    /** Where in the output file the output of the process begins that was started last. */
    private long outputStart;

    NodeProcess(NodeLayout layout, HttpClient http) {
        this.layout = layout;
        this.http = http;
    }

    /** Starts the node with the Java and the class path of this process; its output is appended to the node's log file. */
    void start(List<String> jvmOptions, Map<String, String> environment) throws IOException {
        if (running().isPresent()) {
            throw new IllegalStateException("node " + layout.id() + " is running already");
        }
        var command = new ArrayList<>(layout.launcher());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // First, because the system shows no more than the beginning of a long command line: the class path is long.
        command.add(mark());
        command.addAll(jvmOptions);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+UseParallelGC",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=4",
                "-cp",
                System.getProperty("java.class.path"),
                "io.walnut.node.Main",
                "server",
                "--config",
                layout.configFile().toString()));
        outputStart = Files.exists(layout.outputFile()) ? Files.size(layout.outputFile()) : 0;
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(layout.outputFile().toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        started = process;
        Files.writeString(layout.pidFile(), Long.toString(process.pid()));
    }

    /** The running process, if there is one that was started on this node's configuration. */
    Optional<ProcessHandle> running() throws IOException {
        if (!Files.exists(layout.pidFile())) {
            return Optional.empty();
        }
        long pid = Long.parseLong(Files.readString(layout.pidFile()).strip());
        Process own = started;
        if (own != null && own.pid() == pid) {
            // Its command line is not there for a moment, when its launcher becomes the node.
            return own.isAlive() ? Optional.of(own.toHandle()) : Optional.empty();
        }
        // A process id is used again after its process has ended: a foreign process is not ours to signal.
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(handle -> handle.info()
                        .commandLine()
                        .map(line -> line.contains(mark()))
                        .orElse(false));
    }

    /** By which a process is known to be this node. */
    private String mark() {
        return "-Dwalnut.node=" + layout.configFile();
    }

    /** SIGKILL; returns when the process has gone. */
    void kill() throws IOException {
        running().ifPresent(handle -> {
            handle.destroyForcibly();
            awaitExit(handle, Duration.ofSeconds(10));
        });
    }

    /** By the system's own program: Java has SIGTERM and SIGKILL alone. */
    void signal(String name) throws IOException {
        Optional<ProcessHandle> handle = running();
        if (handle.isEmpty()) {
            return;
        }
        Process kill = new ProcessBuilder(
                        "kill", "-" + name, Long.toString(handle.get().pid()))
                .inheritIO()
                .start();
        try {
            int code = kill.waitFor();
            if (code != 0 && running().isPresent()) {
                throw new IOException("signal " + name + " to node " + layout.id() + ": kill exited with " + code);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while node " + layout.id() + " was sent " + name);
        }
    }

    /** SIGTERM, and SIGKILL when the node has not ended by then. Returns whether it ended by itself. */
    boolean stop(Duration timeout) throws IOException {
        Optional<ProcessHandle> handle = running();
        if (handle.isEmpty()) {
            return true;
        }
        handle.get().destroy();
        if (awaitExit(handle.get(), timeout)) {
            return true;
        }
        kill();
        return false;
    }

    private static boolean awaitExit(ProcessHandle handle, Duration timeout) {
        try {
            handle.onExit().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for process " + handle.pid() + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The line in which the process told why it ended, or the last one that is none of a stack trace. */
    String lastWord() throws IOException {
        List<String> lines = List.of();
        if (Files.exists(layout.outputFile())) {
            byte[] output = Files.readAllBytes(layout.outputFile());
            int from = (int) Math.min(outputStart, output.length);
            lines = new String(output, from, output.length - from, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line ->
                            !line.isBlank() && !STACK_TRACE.matcher(line).lookingAt())
                    .toList();
        }
        return lines.stream()
                .filter(line -> line.startsWith(REASON))
                .reduce((_, last) -> last)
                .map(line -> line.substring(REASON.length()))
                .orElse(lines.isEmpty() ? "it printed nothing" : lines.getLast());
    }

    /** Whether the node says that it is ready to serve. */
    boolean ready() throws InterruptedException {
        var request = HttpRequest.newBuilder(
                        URI.create("http://" + layout.host() + ":" + layout.httpPort() + "/readyz"))
                .timeout(PROBE_TIMEOUT)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false; // not listening yet
        }
    }
}
