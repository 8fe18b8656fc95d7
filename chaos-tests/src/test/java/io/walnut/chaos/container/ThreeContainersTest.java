package io.walnut.chaos.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.Await;
import io.walnut.chaos.container.ContainerCluster.Peers;
import io.walnut.client.Appender;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The image, three times, on a network: what was acknowledged is on every node after deaths, partitions and a move. */
@Tag("container")
class ThreeContainersTest {
    private static final String LOG = "containers";
    private static final int RECORDS_PER_STEP = 5_000;
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @BeforeAll
    static void needsADockerEngine() throws Exception {
        Optional<String> missing = DockerEngine.missing();
        if (missing.isPresent()) {
            String message = "THE CONTAINER TESTS CANNOT RUN: " + missing.get();
            if ("true".equals(System.getenv("CI"))) {
                fail(message);
            }
            System.err.println("\n*** " + message + "\n");
            Assumptions.abort(message);
        }
        DockerEngine.buildImage();
    }

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void nothingAcknowledgedIsLostWhenNodesDieAndAreCutOff() throws Exception {
        try (ContainerCluster cluster = new ContainerCluster(DockerEngine.IMAGE, 3, Peers.BY_ADDRESS);
                Walnut walnut = Walnut.builder()
                        .endpoints(cluster.endpoints())
                        .deadline(DEADLINE)
                        .build()) {
            try {
                walnut.createLog(LOG);
                long records = appendThroughFaults(cluster, walnut);

                assertThat(walnut.describe(LOG).endOffset()).isEqualTo(records);
                for (String node : cluster.nodes()) {
                    assertHasAll(walnut, node, cluster.endpoint(node), records);
                }
            } catch (Exception | AssertionError e) {
                System.out.println(cluster.logs());
                throw e;
            }
        }
    }

    /**
     * As a machine that loses its power, and whose pod is put on another: its connections are never closed, and TCP would go on
     * trying the old address for a quarter of an hour.
     */
    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void aMemberThatComesBackElsewhereIsFound() throws Exception {
        try (ContainerCluster cluster = new ContainerCluster(DockerEngine.IMAGE, 3, Peers.BY_NAME)) {
            try {
                cluster.walnut("n1", "seq 1 1000", "append --create " + LOG);
                String leader = new ObjectMapper()
                        .readTree(cluster.walnut("n1", "true", "cluster status --output json"))
                        .at("/0/leader")
                        .asText();
                String moved = follower(cluster, leader);
                cluster.disconnect(moved);
                cluster.kill(moved);
                cluster.walnut(leader, "seq 1001 2000", "append " + LOG);
                cluster.move(moved);
                cluster.connect(moved);
                cluster.start(moved);
                String all =
                        IntStream.rangeClosed(1, 2000).mapToObj(i -> i + "\n").collect(Collectors.joining());
                Await.until(
                        moved + " has all at its new address",
                        DEADLINE,
                        () -> cluster.isReady(moved)
                                && cluster.walnut(moved, "true", "read " + LOG + " --node localhost:7420")
                                        .equals(all));
            } catch (Exception | AssertionError e) {
                System.out.println(cluster.logs());
                throw e;
            }
        }
    }

    /** Number of records appended, all of them acknowledged. Each fault comes while appends are in flight. */
    private static long appendThroughFaults(ContainerCluster cluster, Walnut walnut) throws Exception {
        try (Appender appender = walnut.appender(LOG)) {
            long sent = send(appender, 0);

            String killed = leader(cluster, walnut);
            cluster.kill(killed);
            sent = send(appender, sent);
            appender.flush();
            cluster.start(killed);
            sent = send(appender, sent);

            String follower = follower(cluster, leader(cluster, walnut));
            cluster.disconnect(follower);
            sent = send(appender, sent);
            appender.flush();
            cluster.connect(follower);
            sent = send(appender, sent);

            String deposed = leader(cluster, walnut);
            cluster.disconnect(deposed);
            sent = send(appender, sent);
            appender.flush();
            cluster.connect(deposed);
            sent = send(appender, sent);
            appender.flush();

            assertThat(appender.acknowledgedRecords()).isEqualTo(sent);
            return sent;
        }
    }

    private static long send(Appender appender, long from) {
        long until = from + RECORDS_PER_STEP;
        for (long i = from; i < until; i++) {
            appender.add(value(i).getBytes(StandardCharsets.UTF_8));
        }
        return until;
    }

    private static String value(long i) {
        return "record " + i + ", and no other";
    }

    /** The node that leads, in its own words: one that is cut off or gone is not asked by the others' memory. */
    private static String leader(ContainerCluster cluster, Walnut walnut) throws Exception {
        return Await.present(
                "a node that leads",
                DEADLINE,
                () -> cluster.nodes().stream()
                        .filter(node -> leads(cluster, walnut, node))
                        .findFirst());
    }

    private static boolean leads(ContainerCluster cluster, Walnut walnut, String node) {
        try {
            return walnut.status(cluster.endpoint(node)).leaderId().equals(node);
        } catch (WalnutException e) {
            return false; // not up yet, or out of reach; another one leads
        }
    }

    private static String follower(ContainerCluster cluster, String leader) {
        return cluster.nodes().stream()
                .filter(node -> !node.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    /** Reads one node to the end of what was appended, as soon as it has caught up. */
    private static void assertHasAll(Walnut walnut, String node, String endpoint, long records) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        long expected = 0;
        try (LogReader reader = walnut.tail(LOG, ReadOptions.from(0).at(endpoint))) {
            while (expected < records) {
                StoredRecord record = reader.poll(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                if (record == null) {
                    throw new AssertionError(
                            node + " has not given record " + expected + " of " + records + " within " + DEADLINE);
                }
                assertThat(record.offset()).as(node).isEqualTo(expected);
                assertThat(new String(record.value(), StandardCharsets.UTF_8))
                        .as(node)
                        .isEqualTo(value(expected));
                expected++;
            }
        }
    }
}
