package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Who leads a cluster. */
public final class Leader {
    private static final Duration ASK_DEADLINE = Duration.ofSeconds(1);
    private static final long ASK_EVERY_MS = 20;

    private Leader() {}

    /** A leader, and the term that it leads in. */
    public record Reign(Node leader, long term) {}

    /** Who leads in the highest term of which a node knows who leads. It may have ended a moment ago, nobody having noticed. */
    public static Optional<Reign> reign(Cluster cluster) {
        try (Walnut walnut = client(cluster)) {
            return reign(cluster, walnut, cluster.nodes());
        }
    }

    /** Who leads, as {@link #reign}. */
    public static Optional<Node> of(Cluster cluster) {
        return reign(cluster).map(Reign::leader);
    }

    /** The first one known of a later term; empty when there is none in time. */
    public static Optional<Reign> awaitAfter(Cluster cluster, long term, Duration patience)
            throws InterruptedException {
        return await(cluster, cluster.nodes(), term, patience);
    }

    /** Who leads, as this node knows; empty when it does not in time. */
    public static Optional<Reign> awaitKnownTo(Cluster cluster, Node node, Duration patience)
            throws InterruptedException {
        return await(cluster, List.of(node), -1, patience);
    }

    private static Optional<Reign> await(Cluster cluster, List<Node> asked, long after, Duration patience)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        try (Walnut walnut = client(cluster)) {
            while (true) {
                Optional<Reign> reign = reign(cluster, walnut, asked).filter(found -> found.term() > after);
                if (reign.isPresent() || System.nanoTime() - deadline > 0) {
                    return reign;
                }
                Thread.sleep(ASK_EVERY_MS);
            }
        }
    }

    private static Optional<Reign> reign(Cluster cluster, Walnut walnut, List<Node> asked) {
        List<Reign> known = new ArrayList<>();
        for (Node node : asked) {
            try {
                ClusterStatus status = walnut.status(node.endpoint());
                cluster.nodes().stream()
                        .filter(leader -> leader.id().equals(status.leaderId()))
                        .forEach(leader -> known.add(new Reign(leader, status.term())));
            } catch (WalnutException e) {
                // Another one may know.
            }
        }
        return known.stream().max(Comparator.comparingLong(Reign::term));
    }

    private static Walnut client(Cluster cluster) {
        return Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(ASK_DEADLINE)
                .build();
    }
}
