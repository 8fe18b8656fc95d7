package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Backend;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Network;
import io.walnut.chaos.cluster.Restarts;
import io.walnut.node.config.ConfigException;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.local.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.ratis.util.ExitUtils;
import org.jspecify.annotations.Nullable;

/**
 * Whole nodes in this process, with the network between them a matter of chance: each has its directory, its log and its ports, and
 * what it hears of the others passes {@link SimNet}.
 *
 * <p>The seed decides what becomes of each message between two nodes. It does not decide when they send one: they run in threads,
 * by the clock of the machine. So two runs of one seed are alike, and not the same.
 *
 * <p>A node can be stopped, and cannot be killed or made to stand still: in one process nothing ends a thread without its consent.
 */
public final class InProcessCluster implements Cluster, Network, Restarts, DataFiles {
    public static final String KIND = "in-process";

    public static final int MOST_NODES = 9;

    private static final String LOOPBACK = "127.0.0.1";

    /** Of a node: for clients, for its peers, for HTTP. */
    private static final int PORTS = 3;

    private static final Duration POLL = Duration.ofMillis(10);

    /** How it is made. */
    public static final class Kind implements Backend {
        @Override
        public String name() {
            return KIND;
        }

        @Override
        public String text() {
            return "nodes in one process: messages between them are lost, late and doubled by the seed";
        }

        @Override
        public Optional<String> missing() {
            return Optional.empty();
        }

        @Override
        public Set<Class<?>> abilities() {
            Set<Class<?>> abilities = new HashSet<>(Set.of(Network.class, Restarts.class, DataFiles.class));
            for (Class<?> trouble : Trouble.class.getPermittedSubclasses()) {
                if (SimNet.can(trouble.asSubclass(Trouble.class))) {
                    abilities.add(trouble);
                }
            }
            return abilities;
        }

        @Override
        public Cluster create(Path directory, int nodes) throws IOException {
            return create(directory, nodes, 0);
        }

        @Override
        public Cluster create(Path directory, int nodes, long seed) throws IOException {
            InProcessCluster cluster = new InProcessCluster(directory, nodes, seed, Map.of());
            cluster.log = new NodeLog(directory.resolve("nodes.log"));
            return cluster;
        }
    }

    private final SimNet net;
    private final Later later = new Later();
    private final Map<String, ClientRelay> relays = new LinkedHashMap<>();
    private final Map<String, Member> members = new LinkedHashMap<>();

    /** Null where the nodes say what they say to the log of the process. */
    private @Nullable NodeLog log;

    /**
     * Starts nothing.
     *
     * @param directory absent or empty
     * @param config further configuration of every node, by its dotted path, e.g. {@code raft.election-timeout}
     */
    public InProcessCluster(Path directory, int size, long seed, Map<String, String> config) throws IOException {
        if (size < 1 || size > MOST_NODES) {
            throw new IllegalArgumentException(
                    "a cluster in one process has 1 to " + MOST_NODES + " nodes, not " + size);
        }
        Path home = requireEmpty(directory);
        // Ratis would end the process when a port is taken; here that is somebody's tests.
        ExitUtils.disableSystemExit();
        this.net = new SimNet(seed);
        try {
            addMembers(home, size, config);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Path requireEmpty(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        Files.createDirectories(absolute);
        try (Stream<Path> children = Files.list(absolute)) {
            if (children.findAny().isPresent()) {
                throw new IOException("directory " + absolute + " is not empty; name a new one");
            }
        }
        return absolute;
    }

    private void addMembers(Path home, int size, Map<String, String> config) throws IOException {
        List<Integer> ports = FreePorts.onLoopback(PORTS * size);
        List<String> peers = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String id = "n" + (i + 1);
            // The cluster tells clients where its nodes are; so all find them behind their relays.
            ClientRelay relay = new ClientRelay(id, ports.get(PORTS * i), net);
            relays.put(id, relay);
            peers.add(id + "=" + LOOPBACK + ":" + ports.get(PORTS * i + 1) + ":" + relay.port());
        }
        for (String id : relays.keySet()) {
            Map<String, String> all = new LinkedHashMap<>(config);
            int first = PORTS * members.size();
            all.putAll(Map.of(
                    "node.id", id,
                    "node.data-dir", home.resolve(id).toString(),
                    "node.bind-host", LOOPBACK,
                    "cluster.id", KIND,
                    "cluster.peers", String.join(",", peers),
                    "client.port", ports.get(first).toString(),
                    "peer.port", ports.get(first + 1).toString(),
                    "http.port", ports.get(first + 2).toString()));
            all.putIfAbsent("wal.segment-size", "16MiB"); // the smallest
            try {
                members.put(id, new Member(NodeConfig.load(null, Map.of(), all), new PeerGate(id, net, later)));
            } catch (ConfigException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Node> nodes() {
        return relays.entrySet().stream()
                .map(each ->
                        new Node(each.getKey(), LOOPBACK + ":" + each.getValue().port()))
                .toList();
    }

    @Override
    public <A> Optional<A> ability(Class<A> ability) {
        return ability.isInstance(this) ? Optional.of(ability.cast(this)) : Optional.empty();
    }

    private Member member(String id) {
        Member member = members.get(id);
        if (member == null) {
            throw new IllegalArgumentException("there is no node '" + id + "'; there are " + members.keySet());
        }
        return member;
    }

    @Override
    public void start(Node node) throws IOException {
        member(node.id()).start();
    }

    @Override
    public void stop(Node node) throws IOException {
        member(node.id()).stop();
    }

    /** Whether it was started, and has neither been stopped nor failed since. */
    public boolean runs(Node node) {
        return member(node.id()).runs();
    }

    @Override
    public Path directory(Node node) {
        return member(node.id()).config().dataDir();
    }

    @Override
    public boolean can(Class<? extends Trouble> trouble) {
        return SimNet.can(trouble);
    }

    @Override
    public void set(Map<Link, Trouble> troubles) {
        net.heal();
        set("", troubles);
    }

    /** Between clients and a node, {@link Network#CLIENTS}, there are no messages but a connection: it shows loss as delay. */
    @Override
    public void set(String cause, Map<Link, Trouble> troubles) {
        for (Link link : troubles.keySet()) {
            for (String end : List.of(link.from(), link.to())) {
                if (!end.equals(CLIENTS)) {
                    Member _ = member(end);
                }
            }
        }
        net.set(cause, troubles);
    }

    @Override
    public void awaitReady(Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        for (Member member : members.values()) {
            Optional<String> problem = member.notReady();
            while (problem.isPresent()) {
                if (!member.runs() || System.nanoTime() - deadline > 0) {
                    throw new IOException("not ready after " + timeout.toSeconds() + " s at most: " + problem.get());
                }
                Thread.sleep(POLL);
                problem = member.notReady();
            }
        }
    }

    @Override
    public void close() throws IOException {
        later.close();
        members.values().forEach(Member::close);
        for (ClientRelay relay : relays.values()) {
            relay.close();
        }
        if (log != null) {
            log.close();
            log = null;
        }
    }
}
