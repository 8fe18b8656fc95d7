package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Disks;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A leader is killed, and when the next one has just been elected all nodes lose their power: they must remember whom they voted for. */
record PowerCutAtElectionFault() implements Fault {
    private static final Duration ELECTION = Duration.ofSeconds(15);

    static List<Fault> all() {
        return List.of(new PowerCutAtElectionFault());
    }

    @Override
    public String name() {
        return "power-cut-at-election";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.POWER_CUT_ALL;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Disks.class).isPresent()
                && cluster.ability(Processes.class).isPresent();
    }

    /** Hits nothing when nobody leads, or nobody is elected in time. */
    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Optional<Leader.Reign> before = Leader.reign(cluster);
        if (before.isEmpty()) {
            return List.of();
        }
        cluster.ability(Processes.class).orElseThrow().kill(before.get().leader());
        Optional<Leader.Reign> after = Leader.awaitAfter(cluster, before.get().term(), ELECTION);
        if (after.isEmpty()) {
            return List.of();
        }
        cluster.ability(Disks.class).orElseThrow().cutPower(cluster.nodes());
        return List.of("all, " + after.get().leader().id() + " being elected for term "
                + after.get().term());
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
