package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.history.HistoryReader;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workloads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All workloads at once, while leaders are killed: each does what it is for, and all of it is judged. */
@Tag("process")
class MixedRunTest {
    private static final int PROCESSES = 8;

    @TempDir
    Path directory;

    @Test
    void everyWorkloadLeavesItsKindOfOperations() throws Exception {
        try (Cluster cluster = new ProcessCluster(directory.resolve("cluster"), 3)) {
            ChaosRun.Result result = new ChaosRun(
                            cluster,
                            new ChaosRun.Settings(
                                    7,
                                    Duration.ofSeconds(30),
                                    Workloads.named("mixed"),
                                    Faults.named(List.of("kill-leader")),
                                    Duration.ofSeconds(12),
                                    PROCESSES,
                                    2,
                                    Pace.pausing(Duration.ofMillis(1)),
                                    List.of("kill")),
                            directory)
                    .run();
            assertThat(result.verdict().violations()).isEmpty();
            assertThat(result.good()).isTrue();
            assertThat(kinds(result.history()))
                    .contains("append", "ordered append", "read", "tail", "trim", "refused below the start", "status");
        }
    }

    private static Set<String> kinds(Path file) throws Exception {
        Set<String> kinds = new TreeSet<>();
        try (HistoryReader history = new HistoryReader(file)) {
            for (Operation next = history.next(); next != null; next = history.next()) {
                kinds.add(kind(next));
            }
        }
        return kinds;
    }

    private static String kind(Operation operation) {
        return switch (operation) {
            case Append append when append.call().ok() -> append.ordered() ? "ordered append" : "append";
            case Read read when read.mode() == Mode.TAIL && read.call().ok() -> "tail";
            case Read read when read.mode() == Mode.LINEARIZABLE && read.call().ok() -> "read";
            case Read read when read.start() > read.from() -> "refused below the start";
            case Trim trim when trim.call().ok() -> "trim";
            case Status status when status.call().ok() && status.leads() -> "status";
            default -> "other";
        };
    }
}
