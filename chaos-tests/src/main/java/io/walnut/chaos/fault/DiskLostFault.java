package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * All that a node has is gone, and it comes back under its old id with an empty disk, filled by the others. Until the others are
 * whole it may not come back: so the files go when this is healed, not before.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class DiskLostFault implements Fault {
    private Optional<Node> hit = Optional.empty();

    static List<Fault> all() {
        return List.of(new DiskLostFault());
    }

    @Override
    public String name() {
        return "lose-disk";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.DISK_LOST;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent()
                && cluster.ability(DataFiles.class).isPresent();
    }

    @Override
    public boolean takesForGood() {
        return true;
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        Node node = Victims.ONE.of(cluster, random).getFirst();
        hit = Optional.of(node);
        cluster.ability(Processes.class).orElseThrow().kill(node);
        return List.of(node.id());
    }

    @Override
    public void heal(Cluster cluster) throws IOException, InterruptedException {
        if (hit.isPresent()) {
            Rebuild.of(cluster, hit.get());
            hit = Optional.empty();
        }
    }
}
