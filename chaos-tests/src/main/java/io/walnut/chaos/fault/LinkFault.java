package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Network;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Links are bad: those of one node, or all, those of clients among them.
 *
 * @param trouble how bad, each time anew
 */
record LinkFault(
        String kind,
        FaultClass faultClass,
        Class<? extends Trouble> type,
        Function<Random, Trouble> trouble,
        boolean everywhere)
        implements Fault {
    private static final int MOST_LOST_PERCENT = 50;
    private static final int SLOWEST_BYTES_A_SECOND = 32 << 10;

    static List<Fault> all() {
        return Stream.of(false, true)
                .<Fault>flatMap(everywhere -> Stream.of(
                        new LinkFault("loss", FaultClass.LOSS, Trouble.Loss.class, LinkFault::loss, everywhere),
                        new LinkFault(
                                "bandwidth",
                                FaultClass.BANDWIDTH,
                                Trouble.Bandwidth.class,
                                LinkFault::bandwidth,
                                everywhere),
                        new LinkFault(
                                "reset", FaultClass.RESET, Trouble.Reset.class, _ -> new Trouble.Reset(), everywhere)))
                .toList();
    }

    private static Trouble loss(Random random) {
        return new Trouble.Loss((1 + random.nextInt(MOST_LOST_PERCENT)) / 100.0);
    }

    /** Up to 32 times the slowest. */
    private static Trouble bandwidth(Random random) {
        return new Trouble.Bandwidth((long) SLOWEST_BYTES_A_SECOND << random.nextInt(6));
    }

    @Override
    public String name() {
        return kind + (everywhere ? "-all" : "-one");
    }

    @Override
    public boolean possible(Cluster cluster) {
        return possible(cluster, type);
    }

    /** Whether this cluster's network can have such trouble. */
    static boolean possible(Cluster cluster, Class<? extends Trouble> type) {
        return cluster.ability(Network.class)
                .filter(network -> network.can(type))
                .isPresent();
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        String hit = Victims.ONE.of(cluster, random).getFirst().id();
        Trouble each = trouble.apply(random);
        List<String> ends = new ArrayList<>(List.of(Network.CLIENTS));
        cluster.nodes().stream().map(Node::id).forEach(ends::add);
        Map<Link, Trouble> troubles = new LinkedHashMap<>();
        for (String from : ends) {
            for (String to : ends) {
                if (!from.equals(to) && (everywhere || from.equals(hit) || to.equals(hit))) {
                    troubles.put(new Link(from, to), each);
                }
            }
        }
        List<String> links = new ArrayList<>(set(cluster, name(), troubles));
        links.addFirst(each.toString());
        return links;
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        heal(cluster, name());
    }

    /** Makes the troubles, beside those of other faults; returns the links. */
    static List<String> set(Cluster cluster, String cause, Map<Link, Trouble> troubles) throws IOException {
        cluster.ability(Network.class).orElseThrow().set(cause, troubles);
        return troubles.keySet().stream()
                .map(link -> link.from() + "->" + link.to())
                .sorted()
                .toList();
    }

    static void heal(Cluster cluster, String cause) throws IOException {
        cluster.ability(Network.class).orElseThrow().set(cause, Map.of());
    }
}
