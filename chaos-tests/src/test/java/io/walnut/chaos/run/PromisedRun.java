package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workloads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A run of six clients on two logs, and what any cluster promises of it: nothing is violated, and that is certain. */
final class PromisedRun {
    private static final int PROCESSES = 6;
    private static final int LOGS = 2;
    private static final Pace PACE = Pace.pausing(Duration.ofMillis(2));

    private PromisedRun() {}

    /** Ends the test where the promise is not kept, or nothing was done to the cluster. */
    static ChaosRun.Result on(
            Cluster cluster, Path directory, long seed, long seconds, List<Fault> faults, Duration faultEvery)
            throws Exception {
        ChaosRun.Result result = new ChaosRun(
                        cluster,
                        new ChaosRun.Settings(
                                seed,
                                Duration.ofSeconds(seconds),
                                Workloads.named("append-read"),
                                faults,
                                faultEvery,
                                PROCESSES,
                                LOGS,
                                PACE,
                                List.of()),
                        directory)
                .run();
        System.out.println(result);
        assertThat(result.brokenOff()).isEmpty();
        assertThat(result.verdict().violations()).isEmpty();
        assertThat(result.verdict().conclusive()).isTrue();
        assertThat(result.damages()).isEmpty();
        assertThat(result.acknowledged()).isPositive();
        assertThat(result.injected()).isNotEmpty();
        return result;
    }
}
