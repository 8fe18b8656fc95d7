package io.walnut.chaos.fault;

import static io.walnut.chaos.cluster.Network.CLIENTS;

import io.walnut.chaos.cluster.Network.Link;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Who does not reach whom. */
enum Partition {
    /** A minority and the others do not reach each other; clients reach all. */
    HALVES(FaultClass.PARTITION, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            int minority = 1 + random.nextInt(Math.max(1, (nodes.size() - 1) / 2));
            return between(nodes.subList(0, minority), nodes.subList(minority, nodes.size()));
        }
    },
    /** The leader reaches nobody, and nobody reaches it. */
    LEADER(FaultClass.PARTITION_LEADER, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            Set<Link> cut = between(leader(nodes), others(nodes));
            cut.addAll(between(leader(nodes), List.of(CLIENTS)));
            return cut;
        }
    },
    /** One node reaches all; the others are two parts that reach only it and their own. */
    BRIDGE(FaultClass.PARTITION_OVERLAPPING, 3) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            int middle = 1 + (nodes.size() - 1) / 2;
            return between(nodes.subList(1, middle), nodes.subList(middle, nodes.size()));
        }
    },
    /** Each node reaches as many neighbours, to its left and to its right, as make a majority with it. */
    RING(FaultClass.PARTITION_OVERLAPPING, 5) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            int size = nodes.size();
            int neighbours = (size / 2 + 1) / 2;
            Set<Link> cut = new HashSet<>();
            for (int i = 0; i < size; i++) {
                for (int distance = neighbours + 1; distance < size - neighbours; distance++) {
                    cut.add(new Link(nodes.get(i), nodes.get((i + distance) % size)));
                }
            }
            return cut;
        }
    },
    /** The leader speaks to its peers and does not hear them. */
    DEAF_LEADER(FaultClass.PARTITION_ONE_WAY, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            return from(others(nodes), leader(nodes));
        }
    },
    /** The leader hears its peers and does not reach them. */
    MUTE_LEADER(FaultClass.PARTITION_ONE_WAY, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            return from(leader(nodes), others(nodes));
        }
    },
    /** From one node to another nothing comes. */
    ONE_WAY(FaultClass.PARTITION_ONE_WAY, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            return from(nodes.subList(0, 1), nodes.subList(1, 2));
        }
    },
    /** Clients and the leader do not reach each other; its peers do. */
    LEADER_WITHOUT_CLIENTS(FaultClass.PARTITION_CLIENTS, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            return between(leader(nodes), List.of(CLIENTS));
        }
    },
    /** Clients reach the leader; it and its peers do not reach each other. */
    LEADER_WITHOUT_PEERS(FaultClass.PARTITION_CLIENTS, 2) {
        @Override
        Set<Link> cut(List<String> nodes, Random random) {
            return between(leader(nodes), others(nodes));
        }
    };

    private final FaultClass faultClass;
    private final int fewestNodes;

    Partition(FaultClass faultClass, int fewestNodes) {
        this.faultClass = faultClass;
        this.fewestNodes = fewestNodes;
    }

    FaultClass faultClass() {
        return faultClass;
    }

    int fewestNodes() {
        return fewestNodes;
    }

    boolean needsLeader() {
        return name().contains("LEADER");
    }

    /**
     * Links that pass nothing.
     *
     * @param nodes in random order; the leader first where that is of interest
     */
    abstract Set<Link> cut(List<String> nodes, Random random);

    private static List<String> leader(List<String> nodes) {
        return nodes.subList(0, 1);
    }

    private static List<String> others(List<String> nodes) {
        return nodes.subList(1, nodes.size());
    }

    private static Set<Link> between(List<String> some, List<String> others) {
        Set<Link> links = from(some, others);
        links.addAll(from(others, some));
        return links;
    }

    private static Set<Link> from(List<String> some, List<String> others) {
        Set<Link> links = new HashSet<>();
        for (String one : some) {
            for (String other : others) {
                links.add(new Link(one, other));
            }
        }
        return links;
    }
}
