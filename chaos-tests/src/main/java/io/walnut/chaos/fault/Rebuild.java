package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Processes;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Record;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node that has lost what it had told others to be there is filled again by them: one whose files are no good with an empty
 * directory, as the manual tells an operator to do; or with the older state that it has.
 */
final class Rebuild {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration ASK_DEADLINE = Duration.ofSeconds(2);
    private static final long ASK_EVERY_MS = 100;
    private static final String LOG = "chaos-rebuild";

    private final Cluster cluster;
    private final Node node;
    private final long deadline = System.nanoTime() + PATIENCE.toNanos();

    private Rebuild(Cluster cluster, Node node) {
        this.cluster = cluster;
        this.node = node;
    }

    /**
     * Gives it an empty directory; it has what the others have on return.
     *
     * @throws IOException when that takes longer than two minutes
     */
    static void of(Cluster cluster, Node node) throws IOException, InterruptedException {
        run(cluster, node, true);
    }

    /**
     * The same of a node that has an older state than it should, and keeps it.
     *
     * @throws IOException when that takes longer than two minutes
     */
    static void ofOlderState(Cluster cluster, Node node) throws IOException, InterruptedException {
        run(cluster, node, false);
    }

    private static void run(Cluster cluster, Node node, boolean emptied) throws IOException, InterruptedException {
        cluster.ability(Processes.class).orElseThrow().kill(node);
        try (Walnut walnut = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(ASK_DEADLINE)
                .build()) {
            Rebuild rebuild = new Rebuild(cluster, node);
            long committed = rebuild.awaitOthers(walnut);
            if (emptied) {
                empty(cluster.ability(DataFiles.class).orElseThrow().directory(node));
            }
            cluster.start(node);
            while (!rebuild.applied(walnut, committed)) {
                rebuild.pause("it was not filled again by the others");
            }
        }
    }

    /** Until they have all that was acknowledged without it; returns an index up to which they have it. */
    private long awaitOthers(Walnut walnut) throws IOException, InterruptedException {
        // Acknowledged while the node is down: so the leader is none of old, and all votes that the node gave, and
        // forgets, were for terms that are over for a majority without it.
        while (!acknowledged(walnut)) {
            pause("the others acknowledged nothing without it");
        }
        // While the node is down, only the others acknowledge: what all of them have is all that was acknowledged
        // before.
        long committed = -1;
        boolean whole = false;
        while (!whole) {
            ClusterStatus leader = leader(walnut);
            if (leader != null && committed < 0) {
                committed = leader.commitIndex();
            }
            long least = committed;
            whole = leader != null
                    && leader.members().stream()
                            .filter(member -> !member.id().equals(node.id()))
                            .allMatch(member -> member.id().equals(leader.nodeId()) || member.matchIndex() >= least);
            pause("the others were not whole without it");
        }
        return committed;
    }

    private static boolean acknowledged(Walnut walnut) {
        try {
            walnut.createLogIfAbsent(LOG);
            walnut.append(LOG, Record.of(new byte[] {1}));
            return true;
        } catch (WalnutException e) {
            return false;
        }
    }

    private @Nullable ClusterStatus leader(Walnut walnut) {
        for (Node asked : cluster.nodes()) {
            if (!asked.equals(node)) {
                try {
                    ClusterStatus status = walnut.status(asked.endpoint());
                    if (status.nodeId().equals(status.leaderId())) {
                        return status;
                    }
                } catch (WalnutException e) {
                    // Another one may lead.
                }
            }
        }
        return null;
    }

    private boolean applied(Walnut walnut, long index) {
        try {
            return walnut.status(node.endpoint()).appliedIndex() >= index;
        } catch (WalnutException e) {
            return false;
        }
    }

    private void pause(String why) throws IOException, InterruptedException {
        if (System.nanoTime() - deadline > 0) {
            throw new IOException(
                    "node " + node.id() + " has lost what it had, and within " + PATIENCE.toSeconds() + " s " + why);
        }
        Thread.sleep(ASK_EVERY_MS);
    }

    /** The directory itself may be where a disk is mounted. */
    private static void empty(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(directory)) {
            all = walk.filter(path -> !path.equals(directory))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
