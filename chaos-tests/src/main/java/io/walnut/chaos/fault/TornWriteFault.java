package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Disks;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * The last write before a node's end is half there. That may happen to what nobody was told of alone, and what a node writes it tells
 * at once. So what a follower sends to its peers is lost for a while, and it still gets what they send: what it writes from then on,
 * nobody knows to be there. Then it ends, a part of that is taken from its log, and it starts, by itself and with what it has.
 */
record TornWriteFault() implements Fault {
    private static final int LOOKS = 30;
    private static final long LOOK_EVERY_MS = 100;

    static List<Fault> all() {
        return List.of(new TornWriteFault());
    }

    @Override
    public String name() {
        return "torn-write";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.TORN_WRITE;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent()
                && cluster.ability(DataFiles.class).isPresent()
                && LinkFault.possible(cluster, Trouble.Cut.class);
    }

    @Override
    public boolean overWhenBegun() {
        return true;
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Optional<Node> leader = Leader.of(cluster);
        Processes processes = cluster.ability(Processes.class).orElseThrow();
        Node node = Victims.anotherThan(leader, cluster, random);
        if (leader.isEmpty() || processes.pid(node).isEmpty()) {
            return List.of();
        }
        Map<Link, Trouble> mute = new HashMap<>();
        for (Node other : cluster.nodes()) {
            if (!other.equals(node)) {
                mute.put(new Link(node.id(), other.id()), new Trouble.Cut());
            }
        }
        LinkFault.set(cluster, name(), mute);
        processes.pause(node);
        Optional<LogEnd> end =
                LogEnd.of(cluster.ability(DataFiles.class).orElseThrow().directory(node));
        processes.resume(node);
        Optional<String> torn = Optional.empty();
        if (end.isPresent() && awaitGrowth(end.get(), random)) {
            Optional<Disks> disks = cluster.ability(Disks.class);
            if (disks.isPresent() && random.nextBoolean()) {
                disks.get().cutPower(List.of(node));
            } else {
                processes.kill(node);
            }
            torn = end.get().tear(random);
        }
        LinkFault.heal(cluster, name());
        cluster.start(node);
        return torn.map(what -> List.of(node.id(), what)).orElse(List.of());
    }

    /** Whether the node writes within a while; it may go on to for a moment then. */
    private static boolean awaitGrowth(LogEnd end, Random random) throws IOException, InterruptedException {
        for (int look = 0; look < LOOKS; look++) {
            Thread.sleep(LOOK_EVERY_MS);
            if (end.hasGrown()) {
                Thread.sleep(random.nextLong(LOOK_EVERY_MS));
                return true;
            }
        }
        return false;
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        LinkFault.heal(cluster, name());
        cluster.startAll();
    }
}
