package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Processes stand still, as in a long collection of garbage, and go on as if nothing had been. */
record PauseFault(Victims victims) implements Fault {
    static List<Fault> all() {
        return Stream.of(Victims.values()).<Fault>map(PauseFault::new).toList();
    }

    @Override
    public String name() {
        return "pause-" + victims.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.PAUSE;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent();
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        List<Node> hit = victims.of(cluster, random);
        Processes processes = cluster.ability(Processes.class).orElseThrow();
        for (Node node : hit) {
            processes.pause(node);
        }
        return hit.stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        Processes processes = cluster.ability(Processes.class).orElseThrow();
        for (Node node : cluster.nodes()) {
            processes.resume(node);
        }
    }
}
