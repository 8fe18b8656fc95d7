package io.walnut.node.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A cluster whose nodes are processes on this machine, on loopback if nothing else is said, with everything of theirs under one
 * directory. It can be left running and opened again later by another process. Not thread-safe.
 */
public final class LocalCluster implements AutoCloseable {
    /** An environment variable: further options of the JVM of each node, as words. */
    private static final String JAVA_OPTIONS = "WALNUT_NODE_JAVA_OPTS";

    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
    private static final long PROBE_INTERVAL_NANOS = 50_000_000L;
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private final Path directory;
    private final String clusterId;
    private final Map<String, NodeLayout> layouts = new LinkedHashMap<>();
    private final Map<String, NodeProcess> processes = new LinkedHashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<String> jvmOptions;

    private LocalCluster(Path directory, String clusterId, List<NodeLayout> nodes, List<String> jvmOptions) {
        this.directory = directory;
        this.clusterId = clusterId;
        this.jvmOptions = List.copyOf(jvmOptions);
        for (NodeLayout node : nodes) {
            layouts.put(node.id(), node);
            processes.put(node.id(), new NodeProcess(node, http));
        }
    }

    /** Most nodes of a local cluster. */
    static final int MAX_NODES = 9;

    /** What a local cluster is made of. {@code firstPort} 0 takes ports that are free now. */
    public record Settings(int nodes, int firstPort, String heap, Map<String, Object> config) {
        public Settings {
            if (nodes < 1 || nodes > MAX_NODES) {
                throw new IllegalArgumentException("a local cluster has 1 to " + MAX_NODES + " nodes, not " + nodes);
            }
            config = Map.copyOf(config);
        }

        public static Settings ofNodes(int nodes) {
            return new Settings(nodes, 0, "384m", Map.of());
        }

        public Settings firstPort(int port) {
            return new Settings(nodes, port, heap, config);
        }

        public Settings heap(String size) {
            return new Settings(nodes, firstPort, size, config);
        }

        /** Further configuration of every node, by its dotted path, e.g. {@code wal.segment-size}. */
        public Settings with(String key, Object value) {
            var all = new LinkedHashMap<>(config);
            all.put(key, value);
            return new Settings(nodes, firstPort, heap, all);
        }
    }

    /**
     * Writes the configuration of a new cluster into an empty or absent directory; starts nothing.
     *
     * @throws IOException also when a port is in use; nothing has been written then
     */
    public static LocalCluster create(Path directory, Settings settings) throws IOException {
        return create(directory, settings, AotCache.optionsToUse());
    }

    static LocalCluster create(Path directory, Settings settings, List<String> cacheOptions) throws IOException {
        Path absolute = requireDirectory(directory);
        if (settings.firstPort() != 0) {
            requireFree(NodeLayout.onPortsFrom(settings.firstPort(), absolute, settings.nodes()));
        }
        Files.createDirectories(absolute);
        try (Stream<Path> existing = Files.list(absolute)) {
            if (existing.anyMatch(child -> !child.endsWith(UpLock.FILE))) {
                throw new IOException(
                        "directory " + absolute + " is not empty; name a new one, or an existing cluster's");
            }
        }
        List<NodeLayout> nodes = settings.firstPort() == 0
                ? NodeLayout.onFreePorts(absolute, settings.nodes())
                : NodeLayout.onPortsFrom(settings.firstPort(), absolute, settings.nodes());
        return create(absolute, nodes, settings, cacheOptions);
    }

    /**
     * The same of nodes whose place the caller has chosen.
     *
     * @param directory above the nodes' directories
     * @param settings of which the number of nodes and the ports are not used
     */
    public static LocalCluster create(Path directory, List<NodeLayout> nodes, Settings settings) throws IOException {
        return create(requireDirectory(directory), nodes, settings, AotCache.optionsToUse());
    }

    private static LocalCluster create(
            Path absolute, List<NodeLayout> nodes, Settings settings, List<String> cacheOptions) throws IOException {
        String clusterId = UUID.randomUUID().toString();
        for (NodeLayout node : nodes) {
            Files.createDirectories(node.directory());
            YAML.writeValue(node.configFile().toFile(), config(node, nodes, clusterId, settings.config()));
        }
        return new LocalCluster(absolute, clusterId, nodes, jvmOptions(settings.heap(), cacheOptions));
    }

    /** The directory's whole path; there may be nothing yet, but no file. */
    static Path requireDirectory(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (Files.exists(absolute) && !Files.isDirectory(absolute)) {
            throw new IOException(absolute + " is a file; name a directory");
        }
        return absolute;
    }

    /** The cluster that {@link #create} once wrote into this directory. */
    public static LocalCluster open(Path directory, String heap) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        String clusterId = "";
        var nodes = new ArrayList<NodeLayout>();
        if (Files.isDirectory(absolute)) {
            try (Stream<Path> children = Files.list(absolute)) {
                for (Path child : children.sorted().toList()) {
                    Path file = child.resolve("walnut.yaml");
                    if (Files.exists(file)) {
                        var config = YAML.readTree(file.toFile());
                        clusterId = config.at("/cluster/id").asText();
                        nodes.add(NodeLayout.onLoopback(
                                config.at("/node/id").asText(),
                                child,
                                config.at("/client/port").asInt(),
                                config.at("/peer/port").asInt(),
                                config.at("/http/port").asInt()));
                    }
                }
            }
        }
        if (nodes.isEmpty()) {
            throw new IOException("no local cluster in " + absolute + ": no <node>/walnut.yaml found there;"
                    + " name its directory with --dir, or make one with 'walnut up'");
        }
        return new LocalCluster(absolute, clusterId, nodes, jvmOptions(heap, AotCache.optionsToUse()));
    }

    private static List<String> jvmOptions(String heap, List<String> cacheOptions) {
        var options = new ArrayList<>(cacheOptions);
        options.add("-Xmx" + heap);
        String further = System.getenv(JAVA_OPTIONS);
        if (further != null && !further.isBlank()) {
            options.addAll(List.of(further.strip().split("\\s+")));
        }
        return options;
    }

    /**
     * Passes when every port of the nodes that are not running can be listened on.
     *
     * @throws IOException when one cannot, with what to do
     */
    public void requireFreePorts() throws IOException {
        var stopped = new ArrayList<NodeLayout>();
        for (NodeLayout node : layouts.values()) {
            if (!running(node.id())) {
                stopped.add(node);
            }
        }
        requireFree(stopped);
    }

    private static void requireFree(List<NodeLayout> nodes) throws IOException {
        for (NodeLayout node : nodes) {
            for (int port : List.of(node.clientPort(), node.peerPort(), node.httpPort())) {
                try (ServerSocket socket = new ServerSocket()) {
                    socket.setReuseAddress(true);
                    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                } catch (IOException e) {
                    throw new IOException(
                            "port " + port + " of node " + node.id()
                                    + " is in use by another process, perhaps of another" + " cluster ("
                                    + e.getMessage() + "); stop that, or take other ports with --port",
                            e);
                }
            }
        }
    }

    private static Map<String, Object> config(
            NodeLayout node, List<NodeLayout> all, String clusterId, Map<String, Object> further) {
        var root = new LinkedHashMap<String, Object>();
        put(root, "node.id", node.id());
        put(root, "node.data-dir", node.dataDirectory().toString());
        put(root, "node.bind-host", node.host());
        put(root, "cluster.id", clusterId);
        put(
                root,
                "cluster.peers",
                all.stream()
                        .map(peer -> Map.of(
                                "id", peer.id(),
                                "peer-address", peer.host() + ":" + peer.peerPort(),
                                "client-address", peer.endpoint()))
                        .toList());
        put(root, "client.port", node.clientPort());
        put(root, "peer.port", node.peerPort());
        put(root, "http.port", node.httpPort());
        further.forEach((key, value) -> put(root, key, value));
        return root;
    }

    @SuppressWarnings("unchecked") // every inner node of the tree is a map that this method made
    private static void put(Map<String, Object> root, String path, Object value) {
        String[] keys = path.split("\\.", -1);
        Map<String, Object> at = root;
        for (int i = 0; i < keys.length - 1; i++) {
            at = (Map<String, Object>) at.computeIfAbsent(keys[i], key -> new LinkedHashMap<String, Object>());
        }
        at.put(keys[keys.length - 1], value);
    }

    public Path directory() {
        return directory;
    }

    public List<NodeLayout> nodes() {
        return List.copyOf(layouts.values());
    }

    public NodeLayout node(String id) {
        NodeLayout layout = layouts.get(id);
        if (layout == null) {
            throw new IllegalArgumentException("no node " + id + " in this cluster; it has " + layouts.keySet());
        }
        return layout;
    }

    /** Client addresses of all nodes, comma-separated, as clients take them. */
    public String endpoints() {
        return nodes().stream().map(NodeLayout::endpoint).collect(Collectors.joining(","));
    }

    /** Starts every node that is not running; does not wait. */
    public void start() throws IOException {
        for (NodeProcess process : processes.values()) {
            if (process.running().isEmpty()) {
                process.start(jvmOptions, Map.of());
            }
        }
    }

    public void start(String id) throws IOException {
        start(id, List.of());
    }

    void start(String id, List<String> furtherJvmOptions) throws IOException {
        var options = new ArrayList<>(jvmOptions);
        options.addAll(furtherJvmOptions);
        process(id).start(options, Map.of());
    }

    /** With these variables beside those of this process. */
    public void start(String id, Map<String, String> environment) throws IOException {
        process(id).start(jvmOptions, environment);
    }

    /** {@code kill -9}; the process has gone on return. */
    public void kill(String id) throws IOException {
        process(id).kill();
    }

    /** SIGTERM, and SIGKILL where that does not end it in time; the process has gone on return. */
    public void stop(String id) throws IOException {
        process(id).stop(STOP_TIMEOUT);
    }

    /**
     * Sends a signal, such as {@code STOP} or {@code CONT}; nothing when the node is not running.
     *
     * @param signal its name without SIG
     */
    public void signal(String id, String signal) throws IOException {
        process(id).signal(signal);
    }

    /** {@code kill -9} of all nodes, one right after the other. */
    public void killAll() throws IOException {
        for (NodeProcess process : processes.values()) {
            process.running().ifPresent(ProcessHandle::destroyForcibly);
        }
        for (NodeProcess process : processes.values()) {
            process.kill();
        }
    }

    public boolean running(String id) throws IOException {
        return process(id).running().isPresent();
    }

    /** Of the node's process; empty when it does not run. */
    public OptionalLong pid(String id) throws IOException {
        return process(id)
                .running()
                .map(process -> OptionalLong.of(process.pid()))
                .orElse(OptionalLong.empty());
    }

    int countRunning() throws IOException {
        int count = 0;
        for (String id : layouts.keySet()) {
            count += running(id) ? 1 : 0;
        }
        return count;
    }

    private NodeProcess process(String id) {
        return Objects.requireNonNull(processes.get(node(id).id()));
    }

    /**
     * Waits until every node says that it is ready, which includes that it knows a leader.
     *
     * @throws IOException when one has ended, or is not ready in time
     */
    public void awaitReady(Duration timeout) throws IOException, InterruptedException {
        Map<String, String> notReady = awaitReadyOrEnded(timeout);
        if (!notReady.isEmpty()) {
            throw new IOException(String.join("; ", notReady.values()));
        }
    }

    /**
     * Waits until every node says that it is ready, or has ended, or cannot become ready because a majority has ended. It must
     * be this cluster's node that says so: where its process has ended, another one may answer on its port.
     *
     * @return why not, in one line, by the id of each node that is not ready
     */
    Map<String, String> awaitReadyOrEnded(Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        var waiting = new ArrayList<>(layouts.values());
        var notReady = new TreeMap<String, String>();
        try (Walnut asking =
                Walnut.builder().endpoints(endpoints()).deadline(ASK_TIMEOUT).build()) {
            while (!waiting.isEmpty()) {
                for (NodeLayout node : List.copyOf(waiting)) {
                    if (process(node.id()).running().isEmpty()) {
                        waiting.remove(node);
                        notReady.put(node.id(), "node " + node.id() + " ended: " + lastWord(node));
                    } else if (process(node.id()).ready() && isItself(asking, node)) {
                        waiting.remove(node);
                    }
                }
                boolean late = System.nanoTime() - deadline > 0;
                if (late || layouts.size() - notReady.size() < majority()) {
                    for (NodeLayout node : waiting) {
                        String why = late
                                ? " was not ready within " + timeout.toSeconds() + " s: "
                                : " cannot be ready without a majority: ";
                        notReady.put(node.id(), "node " + node.id() + why + lastWord(node));
                    }
                    break;
                }
                LockSupport.parkNanos(PROBE_INTERVAL_NANOS);
            }
        }
        return notReady;
    }

    /** How many nodes must run for the cluster to do anything. */
    int majority() {
        return layouts.size() / 2 + 1;
    }

    private boolean isItself(Walnut asking, NodeLayout node) {
        try {
            ClusterStatus status = asking.status(node.endpoint());
            return status.clusterId().equals(clusterId) && status.nodeId().equals(node.id());
        } catch (WalnutException e) {
            return false; // not yet, or not a node at all
        }
    }

    private String lastWord(NodeLayout node) throws IOException {
        return process(node.id()).lastWord() + " (all of its output: " + node.outputFile() + ")";
    }

    /** SIGTERM to every node, then SIGKILL to those that are left. Returns the nodes that had to be killed. */
    public List<String> stop() throws IOException {
        return stop(STOP_TIMEOUT);
    }

    List<String> stop(Duration timeout) throws IOException {
        for (NodeProcess process : processes.values()) {
            process.running().ifPresent(ProcessHandle::destroy);
        }
        var killed = new ArrayList<String>();
        for (NodeLayout node : layouts.values()) {
            if (!process(node.id()).stop(timeout)) {
                killed.add(node.id());
            }
        }
        return killed;
    }

    /**
     * Deletes everything of a cluster that is not running: the directories of its nodes, and its own when nothing else is in it.
     *
     * @return what else is there
     */
    public List<Path> delete() throws IOException {
        for (NodeLayout node : layouts.values()) {
            try (Stream<Path> tree = Files.walk(node.directory())) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        Files.deleteIfExists(directory.resolve(UpLock.FILE));
        try (Stream<Path> children = Files.list(directory)) {
            List<Path> left = children.sorted().toList();
            if (left.isEmpty()) {
                Files.delete(directory);
            }
            return left;
        }
    }

    /** Kills what still runs; leaves the files. */
    @Override
    public void close() throws IOException {
        killAll();
        http.close();
    }
}
