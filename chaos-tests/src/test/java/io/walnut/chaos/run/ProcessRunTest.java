package io.walnut.chaos.run;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.fault.Faults;
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
            PromisedRun.on(cluster, directory, SEED, SECONDS, Faults.all(), Duration.ofSeconds(8));
        }
    }
}
