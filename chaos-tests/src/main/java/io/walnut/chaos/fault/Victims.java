package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Whom a fault hits. */
enum Victims {
    /** Who leads; any node when nobody knows. */
    LEADER,
    ONE,
    MAJORITY,
    ALL;

    /** One that does not lead, where it is known who does. */
    static Node anotherThan(Optional<Node> leader, Cluster cluster, Random random) {
        List<Node> nodes = new ArrayList<>(cluster.nodes());
        leader.ifPresent(nodes::remove);
        return nodes.get(random.nextInt(nodes.size()));
    }

    List<Node> of(Cluster cluster, Random random) {
        List<Node> nodes = new ArrayList<>(cluster.nodes());
        Collections.shuffle(nodes, random);
        return switch (this) {
            case LEADER -> List.of(Leader.of(cluster).orElse(nodes.getFirst()));
            case ONE -> nodes.subList(0, 1);
            case MAJORITY -> nodes.subList(0, nodes.size() / 2 + 1);
            case ALL -> nodes;
        };
    }
}
