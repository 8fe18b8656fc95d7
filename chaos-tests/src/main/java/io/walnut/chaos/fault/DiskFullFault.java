package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Disks;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Disks are full to the last block, by somebody else's files, until those are deleted. */
record DiskFullFault(Victims victims) implements Fault {
    static List<Fault> all() {
        return Stream.of(Victims.values()).<Fault>map(DiskFullFault::new).toList();
    }

    @Override
    public String name() {
        return "disk-full-" + victims.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.DISK_FULL;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Disks.class).isPresent();
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        List<Node> hit = victims.of(cluster, random);
        Disks disks = cluster.ability(Disks.class).orElseThrow();
        for (Node node : hit) {
            disks.fill(node);
        }
        return hit.stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        Disks disks = cluster.ability(Disks.class).orElseThrow();
        for (Node node : cluster.nodes()) {
            disks.free(node);
        }
    }
}
