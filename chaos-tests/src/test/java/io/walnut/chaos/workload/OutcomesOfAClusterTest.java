package io.walnut.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.check.HistoryJudge;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.cluster.Processes;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.history.Outcome;
import io.walnut.client.Walnut;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written down of an append that fails is true of a real cluster: nothing that has failed is there afterwards. */
@Tag("process")
class OutcomesOfAClusterTest {
    private static final String LOG = "outcomes";
    private static final Duration READY = Duration.ofMinutes(3);
    /** So short that an attempt is the only one. */
    private static final Duration DEADLINE = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    private final List<Call> calls = new ArrayList<>();

    @Test
    void whatIsWrittenDownIsTrue() throws Exception {
        Path file = directory.resolve("history.jsonl");
        try (Cluster cluster = new ProcessCluster(directory.resolve("cluster"), 3);
                HistoryWriter history = new HistoryWriter(file)) {
            Recorder recorder = new Recorder(history);
            Processes processes = cluster.ability(Processes.class).orElseThrow();
            start(cluster);
            try (Walnut walnut = Walnut.connect(cluster.endpoints())) {
                walnut.createLog(LOG);
                assertThat(append(cluster, recorder, walnut).outcome()).isEqualTo(Outcome.OK);
                noMajorityTakesIt(cluster, processes, recorder);
                theLeaderStandsStill(cluster, processes, recorder);
                nobodyLeads(cluster, processes, recorder);
                nobodyIsThere(cluster, processes, recorder);
                new FinalReadsOfAll(cluster, walnut, recorder).read();
            }
        }
        Verdict verdict = HistoryJudge.judge(file);
        assertThat(verdict.violations()).as("%s", calls).isEmpty();
        assertThat(verdict.conclusive()).isTrue();
    }

    private void noMajorityTakesIt(Cluster cluster, Processes processes, Recorder recorder) throws Exception {
        try (Walnut walnut = impatient(cluster)) {
            assertThat(acknowledged(cluster, recorder, walnut)).isTrue(); // it has a stream to the leader
            Node leader = Leader.of(cluster).orElseThrow();
            for (Node node : cluster.nodes()) {
                if (!node.equals(leader)) {
                    processes.pause(node);
                }
            }
            assertThat(append(cluster, recorder, walnut))
                    .satisfies(
                            call -> assertThat(call.outcome()).as(call.error()).isEqualTo(Outcome.INFO));
        } finally {
            resume(cluster, processes);
        }
    }

    private void theLeaderStandsStill(Cluster cluster, Processes processes, Recorder recorder) throws Exception {
        try (Walnut walnut = impatient(cluster)) {
            assertThat(acknowledged(cluster, recorder, walnut)).isTrue();
            Node leader = Leader.of(cluster).orElseThrow();
            processes.pause(leader);
            assertThat(append(cluster, recorder, walnut))
                    .satisfies(
                            call -> assertThat(call.outcome()).as(call.error()).isEqualTo(Outcome.INFO));
        } finally {
            resume(cluster, processes);
        }
    }

    private void nobodyLeads(Cluster cluster, Processes processes, Recorder recorder) throws Exception {
        Node leader = Leader.of(cluster).orElseThrow();
        Node other = cluster.nodes().stream()
                .filter(node -> !node.equals(leader))
                .findFirst()
                .orElseThrow();
        processes.kill(leader);
        processes.kill(other);
        try (Walnut walnut = impatient(cluster)) {
            assertThat(append(cluster, recorder, walnut)).satisfies(call -> {
                assertThat(call.outcome()).as(call.error()).isEqualTo(Outcome.FAIL);
                assertThat(call.error()).startsWith("UNAVAILABLE");
            });
        } finally {
            start(cluster);
        }
    }

    private void nobodyIsThere(Cluster cluster, Processes processes, Recorder recorder) throws Exception {
        for (Node node : cluster.nodes()) {
            processes.kill(node);
        }
        try (Walnut walnut = impatient(cluster)) {
            assertThat(append(cluster, recorder, walnut)).satisfies(call -> {
                assertThat(call.outcome()).as(call.error()).isEqualTo(Outcome.FAIL);
                assertThat(call.error()).startsWith("UNAVAILABLE");
            });
        } finally {
            start(cluster);
        }
    }

    private Call append(Cluster cluster, Recorder recorder, Walnut walnut) {
        Workload.Context context =
                new Workload.Context(0, walnut, List.of(LOG), cluster.nodes(), recorder, new Random(1));
        Call call = new LogClient(context, LOG).append().call();
        calls.add(call);
        return call;
    }

    /** In the end: where the machine is busy it may take more than one call. */
    private boolean acknowledged(Cluster cluster, Recorder recorder, Walnut walnut) {
        for (int i = 0; i < 60; i++) {
            if (append(cluster, recorder, walnut).ok()) {
                return true;
            }
        }
        return false;
    }

    private static Walnut impatient(Cluster cluster) {
        return Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(DEADLINE)
                .build();
    }

    private static void resume(Cluster cluster, Processes processes) throws Exception {
        for (Node node : cluster.nodes()) {
            processes.resume(node);
        }
        cluster.awaitReady(READY);
    }

    private static void start(Cluster cluster) throws Exception {
        for (Node node : cluster.nodes()) {
            cluster.start(node);
        }
        cluster.awaitReady(READY);
    }

    private record FinalReadsOfAll(Cluster cluster, Walnut walnut, Recorder recorder) {
        void read() throws Exception {
            FinalReads reads = new FinalReads(walnut, recorder, READY);
            for (Node node : cluster.nodes()) {
                reads.read(LOG, node);
            }
        }
    }
}
