package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Restarts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** All nodes are stopped in order and started again, one after the other, as when they are given a new version. */
record RollingRestartFault() implements Fault {
    /** Until a node that was started knows who leads; then it is the next one's turn in any case. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    static List<Fault> all() {
        return List.of(new RollingRestartFault());
    }

    @Override
    public String name() {
        return "rolling-restart";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.ROLLING_RESTART;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Restarts.class).isPresent();
    }

    @Override
    public boolean overWhenBegun() {
        return true;
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Restarts restarts = cluster.ability(Restarts.class).orElseThrow();
        for (Node node : cluster.nodes()) {
            restarts.stop(node);
            cluster.start(node);
            Leader.awaitKnownTo(cluster, node, PATIENCE);
        }
        return cluster.nodes().stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
