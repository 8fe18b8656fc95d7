package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workloads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run in one process, with all that can go wrong there; longer: {@code -Dwalnut.seconds=N}. */
class InProcessRunTest {
    private static final long SECONDS = Long.getLong("walnut.seconds", 12);
    private static final long SEED = Long.getLong("walnut.seed", 1);
    private static final int NODES = 3;

    @TempDir
    Path directory;

    @Test
    void aClusterWhoseMessagesAreLateLostAndDoubledKeepsItsPromise() throws Exception {
        try (Cluster cluster = Backends.named("in-process").create(directory.resolve("cluster"), NODES, SEED)) {
            List<Fault> possible = Faults.all().stream()
                    .filter(fault -> fault.possible(cluster))
                    .toList();
            ChaosRun.Result result = new ChaosRun(
                            cluster,
                            new ChaosRun.Settings(
                                    SEED,
                                    Duration.ofSeconds(SECONDS),
                                    Workloads.named("append-read"),
                                    possible,
                                    Duration.ofSeconds(4),
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
