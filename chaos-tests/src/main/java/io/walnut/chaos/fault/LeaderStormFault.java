package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Processes;
import io.walnut.chaos.cluster.Restarts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Each leader is killed, or told to end and so to hand over, as soon as it is known, and started again at once, several times. */
record LeaderStormFault(boolean killed) implements Fault {
    private static final Duration ELECTION = Duration.ofSeconds(15);
    private static final int FEWEST = 2;
    private static final int MOST = 4;

    static List<Fault> all() {
        return List.of(new LeaderStormFault(true), new LeaderStormFault(false));
    }

    @Override
    public String name() {
        return killed ? "kill-storm" : "handover-storm";
    }

    @Override
    public FaultClass faultClass() {
        return killed ? FaultClass.KILL_LEADER_STORM : FaultClass.LEADERSHIP;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return killed
                ? cluster.ability(Processes.class).isPresent()
                : cluster.ability(Restarts.class).isPresent();
    }

    @Override
    public boolean overWhenBegun() {
        return true;
    }

    /** As many as there are in time; a single one is no storm. */
    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        int kills = FEWEST + random.nextInt(MOST - FEWEST + 1);
        List<String> ended = new ArrayList<>();
        long term = -1;
        for (int i = 0; i < kills; i++) {
            Optional<Leader.Reign> reign = Leader.awaitAfter(cluster, term, ELECTION);
            if (reign.isEmpty()) {
                break;
            }
            term = reign.get().term();
            Node leader = reign.get().leader();
            if (killed) {
                cluster.ability(Processes.class).orElseThrow().kill(leader);
            } else {
                cluster.ability(Restarts.class).orElseThrow().stop(leader);
            }
            cluster.start(leader);
            ended.add(leader.id() + " of term " + term);
        }
        return ended.size() < FEWEST ? List.of() : ended;
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        cluster.startAll();
    }
}
