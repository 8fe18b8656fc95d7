package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Disks;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Nodes lose their power, all at the same moment, and with it what their disks were not told to keep. */
record PowerCutFault(Victims victims) implements Fault {
    static List<Fault> all() {
        return Stream.of(Victims.values()).<Fault>map(PowerCutFault::new).toList();
    }

    @Override
    public String name() {
        return "power-cut-" + victims.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public FaultClass faultClass() {
        return switch (victims) {
            case LEADER, ONE -> FaultClass.POWER_CUT_ONE;
            case MAJORITY, ALL -> FaultClass.POWER_CUT_ALL;
        };
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Disks.class).isPresent();
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        List<Node> hit = victims.of(cluster, random);
        cluster.ability(Disks.class).orElseThrow().cutPower(hit);
        return hit.stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
