package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Some do not reach each other: what is sent is gone, and nobody is told. */
record PartitionFault(Partition partition) implements Fault {
    static List<Fault> all() {
        return Stream.of(Partition.values()).<Fault>map(PartitionFault::new).toList();
    }

    @Override
    public String name() {
        return "partition-" + partition.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public FaultClass faultClass() {
        return partition.faultClass();
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.nodes().size() >= partition.fewestNodes() && LinkFault.possible(cluster, Trouble.Cut.class);
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        List<String> nodes =
                new ArrayList<>(cluster.nodes().stream().map(Node::id).toList());
        Collections.shuffle(nodes, random);
        if (partition.needsLeader()) {
            Optional<String> leader = Leader.of(cluster).map(Node::id);
            if (leader.isEmpty()) {
                return List.of();
            }
            nodes.remove(leader.get());
            nodes.addFirst(leader.get());
        }
        return LinkFault.set(
                cluster,
                name(),
                partition.cut(nodes, random).stream()
                        .collect(Collectors.toMap(link -> link, (Link _) -> new Trouble.Cut())));
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        LinkFault.heal(cluster, name());
    }
}
