package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.client.Walnut;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Clients that know one node each, and ask it whatever it is. The others go to the leader with all that must be current: that a
 * follower, too, answers no less than what was acknowledged anywhere is seen by these alone. Not to be appended with, for then
 * they would know the leader. For one thread.
 */
final class NodeClients implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(5);

    private final Map<Cluster.Node, Walnut> clients = new HashMap<>();

    Walnut at(Cluster.Node node) {
        return clients.computeIfAbsent(node, asked -> Walnut.builder()
                .endpoints(asked.endpoint())
                .deadline(DEADLINE)
                .build());
    }

    @Override
    public void close() {
        clients.values().forEach(Walnut::close);
    }
}
