package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Processes;
import io.walnut.client.ClusterStatus;
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

/** A node whose files are no good gets an empty directory and is filled by the others: what the manual tells an operator to do. */
final class Rebuild {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration ASK_DEADLINE = Duration.ofSeconds(2);
    private static final long ASK_EVERY_MS = 100;

    private final Cluster cluster;
    private final Node node;
    private final long deadline = System.nanoTime() + PATIENCE.toNanos();

    private Rebuild(Cluster cluster, Node node) {
        this.cluster = cluster;
        this.node = node;
    }

    /**
     * Does it; the node has what the others have on return.
     *
     * @throws IOException when that takes longer than two minutes
     */
    static void of(Cluster cluster, Node node) throws IOException, InterruptedException {
        cluster.ability(Processes.class).orElseThrow().kill(node);
        try (Walnut walnut = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(ASK_DEADLINE)
                .build()) {
            new Rebuild(cluster, node).run(walnut);
        }
    }

    private void run(Walnut walnut) throws IOException, InterruptedException {
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
        empty(cluster.ability(DataFiles.class).orElseThrow().directory(node));
        cluster.start(node);
        while (!applied(walnut, committed)) {
            pause("it was not filled again by the others");
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
                    "node " + node.id() + " was given an empty disk, and within " + PATIENCE.toSeconds() + " s " + why);
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
