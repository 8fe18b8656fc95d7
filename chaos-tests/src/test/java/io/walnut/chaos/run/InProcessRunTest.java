package io.walnut.chaos.run;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
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
            PromisedRun.on(cluster, directory, SEED, SECONDS, possible, Duration.ofSeconds(4));
        }
    }
}
