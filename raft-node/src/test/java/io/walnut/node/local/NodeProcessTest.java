package io.walnut.node.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeProcessTest {
    /** Becomes a process whose command line says nothing of the node, as each launcher is for a moment. */
    private static final List<String> LAUNCHER = List.of("sh", "-c", "exec sleep 60");

    @Test
    void itsOwnProcessIsRunningWhateverItsCommandLineSays(@TempDir Path directory) throws Exception {
        Files.createDirectories(directory.resolve("n1"));
        var layout = new NodeLayout(
                "n1", directory.resolve("n1"), directory.resolve("data"), "127.0.0.1", 1, 2, 3, LAUNCHER);
        try (var http = HttpClient.newHttpClient()) {
            var node = new NodeProcess(layout, http);
            node.start(List.of(), Map.of());
            try {
                awaitSleep(layout);
                assertThat(node.running()).as("its own").isPresent();
                assertThat(new NodeProcess(layout, http).running())
                        .as("what another process sees: any that sleeps")
                        .isEmpty();
            } finally {
                node.kill();
            }
            assertThat(node.running()).isEmpty();
        }
    }

    private static void awaitSleep(NodeLayout layout) throws Exception {
        long pid = Long.parseLong(Files.readString(layout.pidFile()).strip());
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!ProcessHandle.of(pid)
                .flatMap(handle -> handle.info().commandLine())
                .orElse("")
                .endsWith("sleep 60")) {
            assertThat(System.nanoTime()).as("the launcher has become sleep").isLessThan(end);
            Thread.sleep(10);
        }
    }
}
