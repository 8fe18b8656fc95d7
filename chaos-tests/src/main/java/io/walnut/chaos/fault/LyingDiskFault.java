package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Disks;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/**
 * A node's disk says yes to each sync and does nothing, until the power is cut: then all is gone that the node had, and said to have,
 * since. Raft promises nothing when such a node counts, so it may come back only when the others are whole without it: the power
 * is cut when this is healed, not before.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class LyingDiskFault implements Fault {
    private static final Duration ASK_DEADLINE = Duration.ofSeconds(1);
    private static final int LOOKS = 50;
    private static final long LOOK_EVERY_MS = 100;

    private Optional<Node> hit = Optional.empty();

    static List<Fault> all() {
        return List.of(new LyingDiskFault());
    }

    @Override
    public String name() {
        return "lying-disk";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.LYING_DISK;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Disks.class).isPresent();
    }

    @Override
    public boolean takesForGood() {
        return true;
    }

    /** Hits a node that says of records to be on its disk, and they are not. */
    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Node node = Victims.ONE.of(cluster, random).getFirst();
        Disks disks = cluster.ability(Disks.class).orElseThrow();
        disks.startLying(node);
        try (Walnut walnut = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(ASK_DEADLINE)
                .build()) {
            OptionalLong first = OptionalLong.empty();
            for (int look = 0; look < LOOKS; look++) {
                OptionalLong durable = durable(walnut, node);
                if (first.isEmpty()) {
                    first = durable;
                } else if (durable.isPresent() && durable.getAsLong() > first.getAsLong()) {
                    hit = Optional.of(node);
                    return List.of(node.id(), "from LSN " + first.getAsLong() + " on");
                }
                Thread.sleep(LOOK_EVERY_MS);
            }
        }
        disks.stopLying(node);
        return List.of();
    }

    private static OptionalLong durable(Walnut walnut, Node node) {
        try {
            return OptionalLong.of(walnut.status(node.endpoint()).walDurableLsn());
        } catch (WalnutException e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public void heal(Cluster cluster) throws IOException, InterruptedException {
        if (hit.isPresent()) {
            Disks disks = cluster.ability(Disks.class).orElseThrow();
            disks.cutPowerOfLiar(hit.get());
            disks.free(hit.get()); // it may have been full when it began to lie
            Rebuild.ofOlderState(cluster, hit.get());
            hit = Optional.empty();
        }
    }
}
