package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.client.Walnut;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Clients that know one node each, and ask it whatever it is. The others go to the leader with all that must be current: that a
 * follower, or a leader that was deposed and has not heard of it, answers no less than what was acknowledged anywhere is seen by
 * these alone. A client learns of other nodes where it meets trouble, and asks those from then on; so none is used for long. Not
 * to be appended with. For one thread.
 */
final class NodeClients implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int MOST_USES = 5;

    private static final class Used {
        private final Walnut walnut;
        private int uses;

        Used(Cluster.Node node) {
            walnut = Walnut.builder()
                    .endpoints(node.endpoint())
                    .deadline(DEADLINE)
                    .build();
        }
    }

    private final Workload.Context context;
    private final Map<Cluster.Node, Used> clients = new HashMap<>();

    NodeClients(Workload.Context context) {
        this.context = context;
    }

    Cluster.Node any() {
        return context.nodes().get(context.random().nextInt(context.nodes().size()));
    }

    /** For one call. */
    Walnut at(Cluster.Node node) {
        Used client = clients.computeIfAbsent(node, Used::new);
        if (client.uses == MOST_USES) {
            client.walnut.close();
            client = new Used(node);
            clients.put(node, client);
        }
        client.uses++;
        return client.walnut;
    }

    @Override
    public void close() {
        clients.values().forEach(client -> client.walnut.close());
    }
}
