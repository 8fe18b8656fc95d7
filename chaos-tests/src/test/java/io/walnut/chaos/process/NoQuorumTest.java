package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.Await;
import io.walnut.client.Walnut;
import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two of three nodes are killed: appends end by their deadline and say what is known; afterwards nothing is lost or doubled. */
@Tag("process")
class NoQuorumTest {
    private static final String LOG = "quorum";
    private static final Duration DEADLINE = Duration.ofSeconds(6);
    /** Start of the program and its end, on a machine that is busy. */
    private static final Duration SLACK = Duration.ofSeconds(15);

    @TempDir
    Path directory;

    @Test
    void anAppendWithoutAMajorityEndsByItsDeadlineAndSaysThatItsOutcomeIsUnknown() throws Exception {
        try (LocalCluster cluster =
                LocalCluster.create(directory.resolve("cluster"), LocalCluster.Settings.ofNodes(3))) {
            cluster.start();
            cluster.awaitReady(Duration.ofSeconds(60));
            try (Walnut walnut = LogContent.connect(cluster)) {
                walnut.createLog(LOG);
                inTheMiddleOfAnAppend(cluster, walnut);
                beforeAnAppend(cluster);

                cluster.start();
                cluster.awaitReady(Duration.ofSeconds(60));

                List<String> there = LogContent.of(walnut, LOG);
                assertThat(there).startsWith("acknowledged").doesNotContain("never sent");
                assertThat(there.subList(1, there.size()))
                        .as("there once, or not at all")
                        .isIn(List.of(), List.of("in doubt"));
                for (NodeLayout node : cluster.nodes()) {
                    assertThat(LogContent.at(walnut, node, LOG, there.size()))
                            .as(node.id())
                            .isEqualTo(there);
                }
            }
        }
    }

    private static void inTheMiddleOfAnAppend(LocalCluster cluster, Walnut walnut) throws Exception {
        Program program = append(cluster);
        OutputStream lines = program.stdin();
        lines.write("acknowledged\n".getBytes(StandardCharsets.UTF_8));
        lines.flush();
        Await.until("the first line", () -> walnut.describe(LOG).endOffset() == 1);
        String leader = walnut.status().leaderId();
        for (NodeLayout node : cluster.nodes()) {
            if (!node.id().equals(leader)) {
                cluster.kill(node.id());
            }
        }
        lines.write("in doubt\n".getBytes(StandardCharsets.UTF_8));
        lines.close();

        long from = System.nanoTime();
        program.await(DEADLINE.plus(SLACK))
                .expect(5)
                .says("the first line is acknowledged in log 'quorum', up to offset 0")
                .says("the outcome of the next line is unknown", "outcome unknown after 6 s");
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(DEADLINE.plus(SLACK));
    }

    /** What was not sent is not in doubt. */
    private static void beforeAnAppend(LocalCluster cluster) throws Exception {
        Program program = append(cluster);
        program.stdin().write("never sent\n".getBytes(StandardCharsets.UTF_8));
        program.stdin().close();

        program.await(DEADLINE.plus(SLACK))
                .expect(4)
                .says("walnut: ", "no leader within 6 s: ", "A cluster needs a majority of its nodes");
    }

    private static Program append(LocalCluster cluster) throws Exception {
        return Program.start(new ArrayList<>(
                List.of("--endpoints", cluster.endpoints(), "--deadline", DEADLINE.toSeconds() + "s", "append", LOG)));
    }
}
