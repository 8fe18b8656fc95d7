package io.walnut.chaos.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.walnut.chaos.Await;
import io.walnut.chaos.cluster.Clocks;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.cluster.Processes;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.client.Record;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's own idea of the time is what its clock was set to, while it runs, and the cluster goes on. */
@Tag("process")
class ClockTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration NEAR = Duration.ofMinutes(10);
    private static final Duration READY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private int logs;

    @Test
    void aRunningClusterGoesByTheClocksThatAreSet() throws Exception {
        try (Cluster cluster = new ProcessCluster(directory.resolve("cluster"), 3)) {
            assumeTrue(
                    cluster.ability(Clocks.class).isPresent() || "true".equals(System.getenv("CI")),
                    "THE TEST ON CLOCKS CANNOT RUN: it takes Linux and a C compiler 'cc'");
            cluster.startAll();
            cluster.awaitReady(READY);
            try (Walnut walnut = Walnut.builder().endpoints(cluster.endpoints()).build()) {
                walnut.createLogIfAbsent("records");
                append(walnut);
                assertThat(ahead(walnut)).isBetween(NEAR.negated(), NEAR);

                setAll(cluster, DAY.negated(), 0);
                append(walnut);
                Await.until("all nodes to look at their clocks", () -> allSeen(cluster));
                assertThat(ahead(walnut))
                        .as("the cluster's time does not go back")
                        .isBetween(NEAR.negated(), NEAR);
                Node first = cluster.nodes().getFirst();
                cluster.ability(Processes.class).orElseThrow().kill(first);
                cluster.start(first);
                cluster.awaitReady(READY);
                assertThat(Duration.between(
                                Instant.now(), walnut.status(first.endpoint()).started()))
                        .isBetween(DAY.plus(NEAR).negated(), DAY.minus(NEAR).negated());

                setAll(cluster, Duration.ZERO, 1_000_000_000); // a thousand seconds a second
                Await.until("clocks to be ahead", () -> ahead(walnut).compareTo(NEAR) > 0);
                setAll(cluster, DAY, 0);
                assertThat(ahead(walnut)).isBetween(DAY.minus(NEAR), DAY.plus(NEAR));
                append(walnut);
                setAll(cluster, Duration.ZERO, 0);
                append(walnut);

                for (Fault fault : Faults.named(List.of("clock"))) {
                    assertThat(fault.begin(cluster, new Random(1)))
                            .as(fault.name())
                            .isNotEmpty();
                    append(walnut);
                    fault.heal(cluster);
                    append(walnut);
                }
                List<StoredRecord> records = new ArrayList<>();
                walnut.read("records", 0).forEach(records::add);
                assertThat(records).hasSize(12);
                assertThat(records).extracting(StoredRecord::timestamp).isSorted();
            }
        }
    }

    private static void setAll(Cluster cluster, Duration ahead, int gain) throws IOException {
        for (Node node : cluster.nodes()) {
            cluster.ability(Clocks.class).orElseThrow().set(node, ahead, gain);
        }
    }

    private static boolean allSeen(Cluster cluster) throws IOException {
        boolean all = true;
        for (Node node : cluster.nodes()) {
            all &= cluster.ability(Clocks.class).orElseThrow().seen(node);
        }
        return all;
    }

    private static void append(Walnut walnut) {
        walnut.append("records", Record.of("a record".getBytes(UTF_8)));
    }

    /** How far the time that the leader gives to what it is told is before this one. */
    private Duration ahead(Walnut walnut) {
        String log = "log-" + logs++;
        Instant now = Instant.now();
        walnut.createLogIfAbsent(log);
        return Duration.between(now, walnut.describe(log).created());
    }
}
