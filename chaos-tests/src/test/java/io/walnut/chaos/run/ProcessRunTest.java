package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workloads;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ProcessRunTest {
    private static final long SECONDS = Long.getLong("walnut.seconds", 60);
    private static final long SEED = Long.getLong("walnut.seed", 1);

    @TempDir
    Path directory;

    @Test
    void aClusterUnderKillsAndPausesKeepsItsPromise() throws Exception {
        try (Cluster cluster = new ProcessCluster(directory.resolve("cluster"), 3)) {
            ChaosRun.Result result = new ChaosRun(
                            cluster,
                            new ChaosRun.Settings(
                                    SEED,
                                    Duration.ofSeconds(SECONDS),
                                    Workloads.named("append-read"),
                                    Faults.all(),
                                    Duration.ofSeconds(8),
                                    6,
                                    2,
                                    Pace.pausing(Duration.ofMillis(2))),
                            directory)
                    .run();
            System.out.println(result);
            assertThat(result.verdict().violations()).isEmpty();
            assertThat(result.verdict().conclusive()).isTrue();
            assertThat(result.acknowledged()).isPositive();
            assertThat(result.injected()).isNotEmpty();
        }
    }
}
