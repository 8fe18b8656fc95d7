package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Clocks;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * Wall clocks are wrong: one jumps, there and back, or all run at rates of their own.
 *
 * @param ahead of the jump; zero where the clocks are skewed
 */
record ClockFault(String name, FaultClass faultClass, Duration ahead) implements Fault {
    /** From half to one and a half times the right one. */
    private static final double LARGEST_SKEW = 0.5;

    static List<Fault> all() {
        return List.of(
                new ClockFault("clock-ahead", FaultClass.CLOCK_JUMP, Duration.ofHours(1)),
                new ClockFault("clock-back", FaultClass.CLOCK_JUMP, Duration.ofHours(-1)),
                new ClockFault("clock-far-ahead", FaultClass.CLOCK_JUMP, Duration.ofDays(3650)),
                new ClockFault("clock-skew", FaultClass.CLOCK_SKEW, Duration.ZERO));
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Clocks.class).isPresent();
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        Clocks clocks = cluster.ability(Clocks.class).orElseThrow();
        if (faultClass == FaultClass.CLOCK_JUMP) {
            Node node = Victims.ONE.of(cluster, random).getFirst();
            clocks.shift(node, ahead);
            return List.of(node.id());
        }
        for (Node node : cluster.nodes()) {
            clocks.rate(node, 1 + LARGEST_SKEW * (2 * random.nextDouble() - 1));
        }
        return cluster.nodes().stream().map(Node::id).toList();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        Clocks clocks = cluster.ability(Clocks.class).orElseThrow();
        for (Node node : cluster.nodes()) {
            clocks.restore(node);
        }
    }
}
