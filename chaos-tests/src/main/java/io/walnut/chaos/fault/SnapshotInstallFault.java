package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import io.walnut.chaos.cluster.Outputs;
import io.walnut.chaos.cluster.Processes;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A follower is away, down or cut off, until the leader has dropped the entries that it needs next, and comes back: it must be sent a
 * snapshot. To get there in time this makes entries of its own, by the thousand, beside those of the clients.
 *
 * @param killed once more, while the snapshot comes in
 */
record SnapshotInstallFault(boolean killed) implements Fault {
    /** More than a leader keeps for who was away for a short time (4,096), and drops at once (1,024). */
    private static final long ENTRIES = 5_500;

    private static final String LOG = "chaos-snapshot-install";
    private static final int IN_FLIGHT = 256;
    private static final Duration DROPPED = Duration.ofSeconds(60);
    private static final Duration INSTALLED = Duration.ofSeconds(45);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final long LOOK_EVERY_MS = 100;
    private static final long INCOMING_EVERY_MS = 1;
    private static final int LATEST_KILL_MS = 30;

    static List<Fault> all() {
        return List.of(new SnapshotInstallFault(false), new SnapshotInstallFault(true));
    }

    @Override
    public String name() {
        return killed ? "snapshot-install-killed" : "snapshot-install";
    }

    @Override
    public FaultClass faultClass() {
        return FaultClass.SNAPSHOT_INSTALL;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent()
                && cluster.ability(DataFiles.class).isPresent()
                && cluster.ability(Outputs.class).isPresent();
    }

    @Override
    public boolean overWhenBegun() {
        return true;
    }

    /** Hits nothing when the leader has not dropped its log in time, or the node has not installed a snapshot by then. */
    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Optional<Node> leader = Leader.of(cluster);
        Node node = Victims.anotherThan(leader, cluster, random);
        Processes processes = cluster.ability(Processes.class).orElseThrow();
        if (leader.isEmpty() || processes.pid(node).isEmpty()) {
            return List.of();
        }
        boolean cut = random.nextBoolean() && LinkFault.possible(cluster, Trouble.Cut.class);
        long latestKill = random.nextInt(LATEST_KILL_MS);
        long installed = installed(cluster, node);
        boolean dropped;
        try (Walnut walnut = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(DEADLINE)
                .build()) {
            if (cut) {
                LinkFault.set(cluster, name(), around(cluster, node));
            } else {
                processes.kill(node);
            }
            dropped = awaitDropped(walnut, leader.get());
        }
        if (cut) {
            LinkFault.heal(cluster, name());
        } else {
            cluster.start(node);
        }
        if (!dropped || (killed && !killInTheMiddle(cluster, node, installed, latestKill))) {
            return List.of();
        }
        long deadline = System.nanoTime() + INSTALLED.toNanos();
        while (installed(cluster, node) == installed) {
            if (System.nanoTime() - deadline > 0) {
                return List.of();
            }
            Thread.sleep(LOOK_EVERY_MS);
        }
        return List.of(node.id(), cut ? "cut off before" : "down before");
    }

    /** All links of the node with its peers. */
    private static Map<Link, Trouble> around(Cluster cluster, Node node) {
        Map<Link, Trouble> links = new LinkedHashMap<>();
        for (Node other : cluster.nodes()) {
            if (!other.equals(node)) {
                links.put(new Link(node.id(), other.id()), new Trouble.Cut());
                links.put(new Link(other.id(), node.id()), new Trouble.Cut());
            }
        }
        return links;
    }

    /** Makes entries until the leader has a snapshot so far behind what the node can have that it has dropped what lies between. */
    private static boolean awaitDropped(Walnut walnut, Node leader) throws InterruptedException {
        long deadline = System.nanoTime() + DROPPED.toNanos();
        Semaphore room = new Semaphore(IN_FLIGHT);
        long enough = Long.MAX_VALUE;
        while (System.nanoTime() - deadline < 0) {
            try {
                if (enough == Long.MAX_VALUE) {
                    walnut.createLogIfAbsent(LOG); // acknowledged without the node
                    enough = walnut.status(leader.endpoint()).commitIndex() + ENTRIES;
                }
                ClusterStatus status = walnut.status(leader.endpoint());
                if (status.snapshotIndex() > enough) {
                    return true;
                }
                if (status.commitIndex() > enough) {
                    Thread.sleep(LOOK_EVERY_MS); // it takes a snapshot every few seconds
                    continue;
                }
                for (int i = 0; i < IN_FLIGHT; i++) {
                    if (room.tryAcquire(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
                        // Nothing is there to be trimmed, but each call is an entry.
                        var _ = walnut.trimAsync(LOG, 0).whenComplete((_, _) -> room.release());
                    }
                }
            } catch (WalnutException e) {
                Thread.sleep(LOOK_EVERY_MS);
            }
        }
        return false;
    }

    /** How many snapshots the node has installed in all its lives, as it says. */
    private static long installed(Cluster cluster, Node node) throws IOException {
        Path output = cluster.ability(Outputs.class).orElseThrow().output(node);
        try (Stream<String> lines = Files.lines(output, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.contains(": installed snapshot ")).count();
        }
    }

    /** Whether it was killed when a snapshot had begun to come in, and had not been installed. */
    private static boolean killInTheMiddle(Cluster cluster, Node node, long installed, long afterMs)
            throws IOException, InterruptedException {
        Path data = cluster.ability(DataFiles.class).orElseThrow().directory(node);
        long deadline = System.nanoTime() + INSTALLED.toNanos();
        while (!incoming(data)) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.sleep(INCOMING_EVERY_MS);
        }
        Thread.sleep(afterMs);
        cluster.ability(Processes.class).orElseThrow().kill(node);
        boolean inTheMiddle = installed(cluster, node) == installed;
        cluster.start(node);
        return inTheMiddle;
    }

    /** Where a snapshot is received stands beside the directory of the log, and is there no longer than that takes. */
    private static boolean incoming(Path data) throws IOException {
        try (Stream<Path> groups = Files.list(data.resolve("raft"))) {
            return groups.anyMatch(group -> Files.exists(group.resolve("incoming")));
        }
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        if (LinkFault.possible(cluster, Trouble.Cut.class)) {
            LinkFault.heal(cluster, name());
        }
        cluster.startAll();
    }
}
