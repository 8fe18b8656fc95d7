package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.Network;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A cluster for a test: whole nodes in this process, clients of it, and what goes wrong between and with the nodes. Nodes are called
 * {@code n1}, {@code n2} and so on. Thread-safe.
 *
 * <p>Troubles add up until {@link #heal}. A link that is named twice has the later one of two delays, losses or shares. What nodes say
 * to each other is late, lost and doubled message by message, by the seed; clients see loss as delay, as over any connection, and
 * nothing twice.
 */
public final class SimCluster implements AutoCloseable {
    /** How long a cluster may take to be ready, or to elect a leader. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final long POLL_MS = 10;

    private final long seed;
    private final Path directory;
    private final InProcessCluster cluster;
    private final Map<String, Map<Link, Trouble>> troubles = new HashMap<>();
    private final List<Walnut> clients = new ArrayList<>();

    private SimCluster(long seed, Path directory, InProcessCluster cluster) {
        this.seed = seed;
        this.directory = directory;
        this.cluster = cluster;
    }

    /** Of so many nodes, ready to serve. */
    public static SimCluster start(int nodes, long seed) {
        return start(nodes, seed, Map.of());
    }

    /**
     * Of so many nodes, ready to serve; what they keep is in a temporary directory.
     *
     * @param config further configuration of every node, by its dotted path, e.g. {@code raft.election-timeout}
     * @throws IllegalStateException when they do not become ready, with the reason
     */
    public static SimCluster start(int nodes, long seed, Map<String, String> config) {
        SimCluster cluster = stopped(nodes, seed, config);
        try {
            cluster.nodes().forEach(cluster::start);
            cluster.awaitReady();
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private static SimCluster stopped(int nodes, long seed, Map<String, String> config) {
        Path directory = temporaryDirectory();
        try {
            return new SimCluster(
                    seed, directory, new InProcessCluster(directory.resolve("nodes"), nodes, seed, config));
        } catch (IOException e) {
            remove(directory);
            throw new UncheckedIOException(e);
        } catch (IllegalArgumentException e) {
            remove(directory);
            throw e;
        }
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("walnut-sim-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of what becomes of messages. */
    public long seed() {
        return seed;
    }

    /** Names of all nodes, running or not. */
    public List<String> nodes() {
        return cluster.nodes().stream().map(Node::id).toList();
    }

    /** Where clients find the nodes, comma-separated. */
    public String endpoints() {
        return cluster.endpoints();
    }

    /** Where clients find one node. */
    public String endpoint(String node) {
        return node(node).endpoint();
    }

    private Node node(String id) {
        return cluster.nodes().stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no node '" + id + "'; there are " + nodes()));
    }

    /** A new client of all nodes; closed with the cluster, if not before. */
    public synchronized Walnut client() {
        Walnut client = Walnut.connect(endpoints());
        clients.add(client);
        return client;
    }

    /**
     * The node that leads, as soon as one does.
     *
     * @throws IllegalStateException when none does for a minute
     */
    public String leader() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<Node> leader = Leader.of(cluster);
            if (leader.isPresent()) {
                return leader.get().id();
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("no node knows of a leader after " + PATIENCE.toSeconds() + " s");
            }
            sleep();
        }
    }

    /** The nodes that do not lead. */
    public List<String> followers() {
        String leader = leader();
        return nodes().stream().filter(node -> !node.equals(leader)).toList();
    }

    /** Neither hears the other. One of them may be {@link Network#CLIENTS}. */
    public void cut(String one, String other) {
        cutOneWay(one, other);
        cutOneWay(other, one);
    }

    /** Nothing from the one reaches the other; the other way it does. */
    public void cutOneWay(String from, String to) {
        add("cut", List.of(new Link(from, to)), new Trouble.Cut());
    }

    /** No other node hears this one, nor it them. Clients still do. */
    public void isolate(String node) {
        nodes().stream().filter(other -> !other.equals(node)).forEach(other -> cut(node, other));
    }

    /** Messages between nodes are that late, and by a random part of the jitter more: with jitter they overtake each other. */
    public void delay(Duration mean, Duration jitter) {
        add("delay", between(), new Trouble.Delay(mean, jitter));
    }

    /** As {@link #delay(Duration, Duration)}, from one node to another. */
    public void delay(String from, String to, Duration mean, Duration jitter) {
        add("delay", List.of(new Link(from, to)), new Trouble.Delay(mean, jitter));
    }

    /** A share of the messages between nodes is lost: 0 to 1. */
    public void lose(double share) {
        add("loss", between(), new Trouble.Loss(share));
    }

    /** A share of the messages between nodes arrives twice: 0 to 1. */
    public void duplicate(double share) {
        add("duplicate", between(), new Trouble.Duplicate(share));
    }

    private List<Link> between() {
        return nodes().stream()
                .flatMap(from -> nodes().stream().filter(to -> !to.equals(from)).map(to -> new Link(from, to)))
                .toList();
    }

    private synchronized void add(String cause, List<Link> links, Trouble trouble) {
        Map<Link, Trouble> all = new HashMap<>(troubles.getOrDefault(cause, Map.of()));
        links.forEach(link -> all.put(link, trouble));
        cluster.set(cause, all);
        troubles.put(cause, all);
    }

    /** No link has any trouble from now on. What is late still comes late; nodes that were stopped stay so. */
    public synchronized void heal() {
        troubles.clear();
        cluster.set(Map.of());
    }

    /** Ends a node in order, as on SIGTERM: it hands over what it leads. Nothing when it does not run. */
    public void stop(String node) {
        try {
            cluster.stop(node(node));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a node again, on what it had; returns before it is ready. Nothing when it runs. */
    public void start(String node) {
        try {
            cluster.start(node(node));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until all nodes are ready to serve.
     *
     * @throws IllegalStateException when one does not run, or is not ready in a minute
     */
    public void awaitReady() {
        try {
            cluster.awaitReady(PATIENCE);
        } catch (IOException e) {
            throw new IllegalStateException("seed " + seed + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Ends clients and nodes, and removes what they kept. */
    @Override
    public synchronized void close() {
        clients.forEach(Walnut::close);
        try {
            cluster.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        remove(directory);
    }
}
