package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.ContainerCluster;
import io.walnut.chaos.fault.Faults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The product's image under faults of its processes, its network and its disks. */
@Tag("container")
class ContainerRunTest {
    private static final long SECONDS = Long.getLong("walnut.seconds", 30);
    private static final long SEED = Long.getLong("walnut.seed", 1);

    @TempDir
    Path directory;

    @BeforeAll
    static void needsADockerEngine() {
        Optional<String> missing = Backends.named(ContainerCluster.KIND).missing();
        if (missing.isPresent()) {
            String message = "THE RUNS ON CONTAINERS CANNOT RUN: " + missing.get();
            if ("true".equals(System.getenv("CI"))) {
                fail(message);
            }
            System.err.println("\n*** " + message + "\n");
            Assumptions.abort(message);
        }
    }

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void containersUnderFaultsKeepTheirPromise() throws Exception {
        try (Cluster cluster = Backends.named(ContainerCluster.KIND).create(directory.resolve("cluster"), 3)) {
            ChaosRun.Result result = PromisedRun.on(
                    cluster,
                    directory,
                    SEED,
                    SECONDS,
                    Faults.named(List.of("kill-leader", "pause-one", "partition-leader", "power-cut-all")),
                    Duration.ofSeconds(6));
            assertThat(result.skipped()).isEmpty();
        }
    }
}
