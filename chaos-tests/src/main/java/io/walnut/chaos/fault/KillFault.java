package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Processes end without a word, and are started again. */
record KillFault(Victims victims) implements Fault {
    static List<Fault> all() {
        return Stream.of(Victims.values()).<Fault>map(KillFault::new).toList();
    }

    @Override
    public String name() {
        return "kill-" + victims.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public FaultClass faultClass() {
        return switch (victims) {
            case LEADER, ONE -> FaultClass.KILL_ONE;
            case MAJORITY, ALL -> FaultClass.KILL_MAJORITY;
        };
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
            processes.kill(node);
        }
        return hit.stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
