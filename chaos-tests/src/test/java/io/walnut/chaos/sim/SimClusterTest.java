package io.walnut.chaos.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.chaos.Await;
import io.walnut.chaos.cluster.Network;
import io.walnut.client.ReadOptions;
import io.walnut.client.Record;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** What can be done to a cluster in one process, as its clients see it. One cluster for all, healed after each. */
@TestInstance(Lifecycle.PER_CLASS)
@WalnutCluster(nodes = 3, seed = 11)
class SimClusterTest {
    private final SimCluster cluster;
    private final Walnut walnut;
    private String log = "";

    SimClusterTest(SimCluster cluster) {
        this.cluster = cluster;
        this.walnut = cluster.client();
    }

    @BeforeEach
    void createLog(TestInfo test) {
        log = test.getTestMethod().orElseThrow().getName();
        walnut.createLog(log);
    }

    @AfterEach
    void heal() {
        cluster.heal();
        cluster.nodes().forEach(cluster::start);
        cluster.awaitReady();
    }

    private void append(String text) {
        var _ = walnut.append(log, Record.of(text.getBytes(UTF_8)));
    }

    private List<String> read(String node) {
        List<String> texts = new ArrayList<>();
        for (StoredRecord record : walnut.read(log, ReadOptions.from(0).at(cluster.endpoint(node)))) {
            texts.add(new String(record.value(), UTF_8));
        }
        return texts;
    }

    private void awaitOnAllNodes(String... texts) throws Exception {
        for (String node : cluster.nodes()) {
            Await.until(node + " to have all", () -> read(node).equals(List.of(texts)));
        }
    }

    @Test
    void aLeaderThatIsCutOffIsReplacedAndFollowsWhenItIsBack() throws Exception {
        append("before");
        String first = cluster.leader();
        cluster.isolate(first);
        append("meanwhile");
        assertThat(cluster.leader()).isNotEqualTo(first);

        cluster.heal();
        awaitOnAllNodes("before", "meanwhile");
        assertThat(cluster.followers()).contains(first);
    }

    @Test
    void aLeaderThatHearsTheOthersAndIsNotHeardIsReplaced() throws Exception {
        String first = cluster.leader();
        cluster.followers().forEach(other -> cluster.cutOneWay(first, other));
        append("meanwhile");
        assertThat(cluster.leader()).isNotEqualTo(first);

        cluster.heal();
        awaitOnAllNodes("meanwhile");
    }

    @Test
    void aFollowerThatHearsNothingMissesOnlyWhatItDoesNotHear() throws Exception {
        append("before");
        awaitOnAllNodes("before");
        String deaf = cluster.followers().getFirst();
        cluster.nodes().stream().filter(other -> !other.equals(deaf)).forEach(other -> cluster.cutOneWay(other, deaf));
        append("meanwhile");
        assertThat(read(deaf)).containsExactly("before");

        cluster.heal();
        awaitOnAllNodes("before", "meanwhile");
    }

    @Test
    void lateLostDoubledAndOvertakingMessagesLeaveTheLogAsItWasWritten() throws Exception {
        cluster.delay(Duration.ZERO, Duration.ofMillis(30));
        cluster.duplicate(1);
        cluster.lose(0.02);
        String[] texts = IntStream.range(0, 40).mapToObj(i -> "record " + i).toArray(String[]::new);
        for (String text : texts) {
            append(text);
        }
        cluster.heal();
        awaitOnAllNodes(texts);
    }

    @Test
    void aNodeThatWasStoppedComesBackWithWhatItHad() throws Exception {
        append("before");
        String stopped = cluster.leader();
        cluster.stop(stopped);
        append("meanwhile");
        assertThat(cluster.leader()).isNotEqualTo(stopped);

        cluster.start(stopped);
        awaitOnAllNodes("before", "meanwhile");
    }

    @Test
    void clientsThatAreCutOffFromANodeGetNoAnswerUntilTheyAreNotAnyMore() {
        String node = cluster.followers().getFirst();
        cluster.cut(Network.CLIENTS, node);
        try (Walnut impatient = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(Duration.ofMillis(500))
                .build()) {
            assertThatThrownBy(() -> impatient.status(cluster.endpoint(node))).isInstanceOf(WalnutException.class);
            append("by another way");
        }
        cluster.heal();
        assertThat(walnut.status(cluster.endpoint(node)).nodeId()).isEqualTo(node);
    }

    @Test
    void whatThereIsNotIsRefusedByItsName() {
        assertThatThrownBy(() -> cluster.cut("n1", "n9"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no node 'n9'; there are [n1, n2, n3]");
        assertThatThrownBy(() -> cluster.stop("n9")).hasMessageContaining("there is no node 'n9'");
        assertThatThrownBy(() -> cluster.lose(2)).hasMessageContaining("a share of 2.0; expected one from 0 to 1");
    }

    @Test
    void aClusterThatCannotBeMadeSaysWhatIsExpected(@TempDir Path directory) throws Exception {
        assertThatThrownBy(() -> SimCluster.start(0, 1)).hasMessageContaining("1 to 9 nodes, not 0");
        assertThatThrownBy(() -> SimCluster.start(1, 1, Map.of("raft.election-timeot", "1s")))
                .hasMessageContaining("raft.election-timeout");
        Files.createFile(directory.resolve("something"));
        assertThatThrownBy(() -> new InProcessCluster(directory, 3, 1, Map.of()))
                .hasMessageContaining("is not empty; name a new one");
    }
}
