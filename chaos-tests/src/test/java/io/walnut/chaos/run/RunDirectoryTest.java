package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
    private static final Instant NOW = Instant.parse("2026-11-22T14:05:06.789Z");

    @TempDir
    Path base;

    @Test
    void eachRunHasItsOwnAndTheLatestIsKnown() throws IOException {
        RunDirectory first = RunDirectory.create(base, "process-append-read", NOW);
        RunDirectory second = RunDirectory.create(base, "process-append-read", NOW);

        assertThat(first.path()).isEqualTo(base.resolve("process-append-read/20261122T140506.789Z"));
        assertThat(second.path()).isNotEqualTo(first.path()).isDirectory();
        assertThat(base.resolve("process-append-read/latest").toRealPath())
                .isEqualTo(second.path().toRealPath());
    }

    @Test
    void aNameThatLeadsElsewhereIsRefused() {
        for (String name : List.of("../x", "a/b", "", ".hidden")) {
            assertThatThrownBy(() -> RunDirectory.create(base, name, NOW)).hasMessageContaining("the name is '" + name);
        }
    }

    /** By a program that prints what it was called with. */
    @Test
    void theReproRunsTheSameAgain() throws Exception {
        RunDirectory directory = RunDirectory.create(base, "a name", NOW);
        RunOptions options = new RunOptions(
                4711,
                Duration.ofSeconds(90),
                "process",
                5,
                "append-read",
                null,
                List.of("kill-one", "pause-leader"),
                List.of("kill", "pause-leader"),
                "a name");
        directory.writeRepro(options, "echo", "1.0, commit abc");

        assertThat(Files.isExecutable(directory.repro())).isTrue();
        Process process = new ProcessBuilder(directory.repro().toString(), "--out", "elsewhere")
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(printed)
                .isEqualTo("chaos run --seed 4711 --minutes 1.5 --backend process --nodes 5 --workload append-read"
                        + " --faults kill,pause-leader --name a name --out elsewhere\n");
    }

    @Test
    void whatTheClusterLeftGoesAndNothingElse() throws IOException {
        RunDirectory directory = RunDirectory.create(base, "x", NOW);
        Path elsewhere = Files.writeString(base.resolve("elsewhere"), "stays");
        Files.createDirectories(directory.cluster().resolve("n1/data"));
        Files.writeString(directory.cluster().resolve("n1/data/0.seg"), "bytes");
        Files.createSymbolicLink(directory.cluster().resolve("n1/link"), elsewhere);
        Files.writeString(directory.history(), "kept");

        directory.dropCluster();
        directory.dropCluster();

        assertThat(directory.cluster()).doesNotExist();
        assertThat(directory.history()).exists();
        assertThat(elsewhere).exists();
    }
}
