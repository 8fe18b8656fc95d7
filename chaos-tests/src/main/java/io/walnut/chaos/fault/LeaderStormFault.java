package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Each leader is killed as soon as it is known, and started again at once, several times. */
record LeaderStormFault() implements Fault {
    private static final Duration ELECTION = Duration.ofSeconds(15);
    private static final int FEWEST = 2;
    private static final int MOST = 4;

    static List<Fault> all() {
        return List.of(new LeaderStormFault());
    }

    @Override
    public String name() {
        return "kill-storm";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.KILL_LEADER_STORM;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent();
    }

    /** As many as there are in time; a single one is no storm. */
    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Processes processes = cluster.ability(Processes.class).orElseThrow();
        int kills = FEWEST + random.nextInt(MOST - FEWEST + 1);
        List<String> killed = new ArrayList<>();
        long term = -1;
        for (int i = 0; i < kills; i++) {
            Optional<Leader.Reign> reign = Leader.awaitAfter(cluster, term, ELECTION);
            if (reign.isEmpty()) {
                break;
            }
            term = reign.get().term();
            Node leader = reign.get().leader();
            processes.kill(leader);
            cluster.start(leader);
            killed.add(leader.id() + " of term " + term);
        }
        return killed.size() < FEWEST ? List.of() : killed;
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
