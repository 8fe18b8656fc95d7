package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What nodes tell each other comes late, in another order, twice, or altered.
 *
 * @param trouble of each link that is hit
 * @param leaderOnly whether only the links from and to the leader are hit, or all
 */
record MessageFault(String name, FaultClass faultClass, Trouble trouble, boolean leaderOnly) implements Fault {
    static List<Fault> all() {
        return List.of(
                // Well below an election timeout: everything works, but nothing comes in the order in which it was
                // sent; on a network of connections, what is on different ones.
                delay("delay-reorder", Duration.ZERO, Duration.ofMillis(100), false),
                // As between continents.
                delay("delay-far", Duration.ofMillis(80), Duration.ofMillis(20), false),
                // Above it: leaders are deposed that still lead, and hear of it from those that they left behind.
                delay("delay-leader", Duration.ofMillis(300), Duration.ofMillis(1_500), true),
                // What was sent before the last election arrives after it.
                delay("delay-long", Duration.ZERO, Duration.ofSeconds(4), false),
                new MessageFault("duplicate-some", FaultClass.DUPLICATION, new Trouble.Duplicate(0.3), false),
                new MessageFault("duplicate-all", FaultClass.DUPLICATION, new Trouble.Duplicate(1), false),
                new MessageFault("corrupt-some", FaultClass.WIRE_CORRUPTION, new Trouble.Corrupt(0.01), false),
                new MessageFault("corrupt-leader", FaultClass.WIRE_CORRUPTION, new Trouble.Corrupt(0.2), true));
    }

    private static Fault delay(String name, Duration mean, Duration jitter, boolean leaderOnly) {
        return new MessageFault(name, FaultClass.DELAY, new Trouble.Delay(mean, jitter), leaderOnly);
    }

    @Override
    public boolean possible(Cluster cluster) {
        return LinkFault.possible(cluster, trouble.getClass());
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        List<Node> worst = leaderOnly ? Victims.LEADER.of(cluster, random) : cluster.nodes();
        Map<Link, Trouble> hit = new LinkedHashMap<>();
        for (Node from : cluster.nodes()) {
            for (Node to : cluster.nodes()) {
                if (!from.equals(to) && (worst.contains(from) || worst.contains(to))) {
                    hit.put(new Link(from.id(), to.id()), trouble);
                }
            }
        }
        return LinkFault.set(cluster, name, hit);
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        LinkFault.heal(cluster, name);
    }
}
