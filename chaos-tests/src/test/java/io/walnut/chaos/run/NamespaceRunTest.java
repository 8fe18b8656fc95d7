package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.NamespaceCluster;
import io.walnut.chaos.cluster.NamespacesNeeded;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.fault.Nemesis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code -Dwalnut.seed=N}, {@code -Dwalnut.seconds=N}. */
@Tag("namespace")
class NamespaceRunTest {
    private static final long SEED = Long.getLong("walnut.seed", 1);
    private static final Duration PERIOD = Duration.ofSeconds(6);

    @TempDir
    Path directory;

    @BeforeAll
    static void check() {
        NamespacesNeeded.check();
    }

    @Test
    void aClusterOnNetworksAndDisksOfItsOwnKeepsItsPromise() throws Exception {
        run(Long.getLong("walnut.seconds", 30));
    }

    /** The faults are dealt like cards: in this time each comes twice, and finds something to hit once at least. */
    @Test
    @Tag("slow")
    void itKeepsItUnderEachFaultThatItCanHave() throws Exception {
        ChaosRun.Result result = run(Long.getLong("walnut.seconds", 720));
        List<String> possible = Faults.all().stream()
                .map(Fault::name)
                .filter(name -> !result.skipped().contains(name))
                .toList();
        assertThat(result.injected()).extracting(Nemesis.Injected::fault).containsAll(possible);
    }

    private ChaosRun.Result run(long seconds) throws Exception {
        try (Cluster cluster = Backends.named(NamespaceCluster.KIND).create(directory.resolve("cluster"), 3)) {
            return PromisedRun.on(cluster, directory, SEED, seconds, Faults.all(), PERIOD);
        }
    }
}
