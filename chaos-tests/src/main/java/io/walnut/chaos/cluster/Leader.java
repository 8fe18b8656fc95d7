package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Who leads a cluster. */
public final class Leader {
    private static final Duration ASK_DEADLINE = Duration.ofSeconds(1);

    private Leader() {}

    /** As the first node says that knows of one. */
    public static Optional<Node> of(Cluster cluster) {
        List<Node> nodes = cluster.nodes();
        try (Walnut walnut = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(ASK_DEADLINE)
                .build()) {
            for (Node asked : nodes) {
                try {
                    ClusterStatus status = walnut.status(asked.endpoint());
                    Optional<Node> leader = nodes.stream()
                            .filter(node -> node.id().equals(status.leaderId()))
                            .findFirst();
                    if (leader.isPresent()) {
                        return leader;
                    }
                } catch (WalnutException e) {
                    // Another one may know.
                }
            }
        }
        return Optional.empty();
    }
}
