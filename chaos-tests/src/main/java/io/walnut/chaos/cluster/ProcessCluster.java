package io.walnut.chaos.cluster;

import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Nodes as processes of this machine, on loopback. */
public final class ProcessCluster implements Cluster, Processes, DataFiles, Outputs {
    public static final String KIND = "process";

    /** What can be done to processes. */
    static Set<Class<?>> processAbilities() {
        Set<Class<?>> abilities =
                new HashSet<>(List.of(Processes.class, Restarts.class, DataFiles.class, Outputs.class));
        if (WallClock.possible()) {
            abilities.add(Clocks.class);
        }
        return abilities;
    }

    /** How it is made. */
    public static final class Kind implements Backend {
        @Override
        public String name() {
            return KIND;
        }

        @Override
        public String text() {
            return "processes of this machine on loopback: they can be killed and paused, their clocks set, and their files damaged";
        }

        @Override
        public Optional<String> missing() {
            return Optional.empty();
        }

        @Override
        public Set<Class<?>> abilities() {
            return processAbilities();
        }

        @Override
        public Cluster create(Path directory, int nodes) throws IOException {
            return new ProcessCluster(directory, nodes);
        }
    }

    private final LocalCluster local;
    private final List<Node> nodes;
    private final WallClocks clocks = new WallClocks();

    /** In an empty or absent directory; starts nothing. */
    public ProcessCluster(Path directory, int size) throws IOException {
        this(LocalCluster.create(directory, NodeSettings.of(size)));
    }

    ProcessCluster(LocalCluster local) throws IOException {
        this.local = local;
        this.nodes = local.nodes().stream().map(ProcessCluster::node).toList();
        for (NodeLayout layout : local.nodes()) {
            clocks.add(layout.id(), clock(layout));
        }
    }

    private static Path clock(NodeLayout layout) {
        return layout.directory().resolve("clock");
    }

    private static Node node(NodeLayout layout) {
        return new Node(layout.id(), layout.endpoint());
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Node> nodes() {
        return nodes;
    }

    @Override
    public <A> Optional<A> ability(Class<A> ability) {
        if (ability == Clocks.class) {
            return clocks.isEmpty() ? Optional.empty() : Optional.of(ability.cast(clocks));
        }
        return ability.isInstance(this) ? Optional.of(ability.cast(this)) : Optional.empty();
    }

    @Override
    public synchronized void start(Node node) throws IOException {
        if (!local.running(node.id())) {
            Map<String, String> environment = new HashMap<>(NodeSettings.environment(nodes.size()));
            if (!clocks.isEmpty()) {
                environment.putAll(WallClock.environment(clock(local.node(node.id()))));
            }
            local.start(node.id(), environment);
        }
    }

    @Override
    public synchronized OptionalLong pid(Node node) throws IOException {
        return local.pid(node.id());
    }

    @Override
    public synchronized void kill(Node node) throws IOException {
        local.kill(node.id());
    }

    @Override
    public synchronized void stop(Node node) throws IOException {
        local.stop(node.id());
    }

    @Override
    public synchronized void pause(Node node) throws IOException {
        local.signal(node.id(), "STOP");
    }

    @Override
    public synchronized void resume(Node node) throws IOException {
        local.signal(node.id(), "CONT");
    }

    @Override
    public Path directory(Node node) {
        return local.node(node.id()).dataDirectory();
    }

    @Override
    public Path output(Node node) {
        return local.node(node.id()).outputFile();
    }

    @Override
    public synchronized void awaitReady(Duration timeout) throws IOException, InterruptedException {
        local.awaitReady(timeout);
    }

    @Override
    public synchronized void close() throws IOException {
        local.close();
    }
}
