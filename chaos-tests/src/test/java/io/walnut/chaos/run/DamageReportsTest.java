package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Outputs;
import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.history.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DamageReportsTest {
    private static final Cluster.Node NODE = new Cluster.Node("n1", "127.0.0.1:1");

    @TempDir
    Path directory;

    private Path history;

    @BeforeEach
    void begin() throws Exception {
        history = directory.resolve("history.jsonl");
        write(3, 4, 4);
    }

    private void write(long... terms) throws Exception {
        try (HistoryWriter writer = new HistoryWriter(history)) {
            for (int i = 0; i < terms.length; i++) {
                writer.write(new Operation.Status(Call.ok(1, "", i, i), NODE.id(), i, terms[i], false, 0));
            }
        }
    }

    private List<String> unexplained(FaultClass... injected) throws Exception {
        return DamageReports.unexplained(
                new PrintingCluster(directory),
                List.of(injected).stream()
                        .map(fault -> new Nemesis.Injected("x", fault, List.of("n1"), 0, 1))
                        .toList(),
                history);
    }

    @Test
    void whatNodesSayOfDamageCountsWhereNobodyDidIt() throws Exception {
        Files.writeString(
                directory.resolve("n1"),
                "INFO all is well\nWARN SnapshotStore snapshot=/x/1-3 is not usable and is passed over\n");
        assertThat(unexplained(FaultClass.POWER_CUT_ALL))
                .containsExactly("n1: WARN SnapshotStore snapshot=/x/1-3 is not usable and is passed over");
        assertThat(unexplained(FaultClass.POWER_CUT_ALL, FaultClass.BIT_ROT_SNAPSHOT))
                .isEmpty();
    }

    @Test
    void aTermThatIsForgotten() throws Exception {
        assertThat(unexplained(FaultClass.POWER_CUT_ALL)).isEmpty();
        write(3, 5, 4, 5);
        assertThat(unexplained(FaultClass.POWER_CUT_ALL)).containsExactly("n1: was in term 5, and later in term 4");
        assertThat(unexplained(FaultClass.DISK_LOST)).isEmpty();
    }

    private record PrintingCluster(Path directory) implements Cluster, Outputs {
        @Override
        public String kind() {
            return "printing";
        }

        @Override
        public Path output(Node node) {
            return directory.resolve(node.id());
        }

        @Override
        public List<Node> nodes() {
            return List.of(NODE);
        }

        @Override
        public <T> Optional<T> ability(Class<T> type) {
            return type.isInstance(this) ? Optional.of(type.cast(this)) : Optional.empty();
        }

        @Override
        public void start(Node node) {}

        @Override
        public void awaitReady(Duration limit) {}

        @Override
        public void close() {}
    }
}
