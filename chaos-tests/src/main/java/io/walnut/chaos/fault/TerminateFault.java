package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Restarts;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Nodes are told to end, in the middle of their work, and are started again later. */
record TerminateFault(Victims victims) implements Fault {
    static List<Fault> all() {
        return Stream.of(Victims.values()).<Fault>map(TerminateFault::new).toList();
    }

    @Override
    public String name() {
        return "terminate-" + victims.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.TERMINATION;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Restarts.class).isPresent();
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        List<Node> hit = victims.of(cluster, random);
        Restarts restarts = cluster.ability(Restarts.class).orElseThrow();
        for (Node node : hit) {
            restarts.stop(node);
        }
        return hit.stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
