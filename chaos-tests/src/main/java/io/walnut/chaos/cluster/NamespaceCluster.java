package io.walnut.chaos.cluster;

import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Nodes as processes of this machine, each with a network of its own and a disk of its own: a network namespace with an address, and
 * a file system in a file.
 */
public final class NamespaceCluster implements Cluster, Network, Disks {
    public static final String KIND = "namespace";

    private static final int CLIENT_PORT = 7420;
    private static final int PEER_PORT = 7421;
    private static final int HTTP_PORT = 7422;

    /** What can be done to nodes that have a network and a disk of their own, whatever they run in. */
    static Set<Class<?>> nodeAbilities() {
        Set<Class<?>> abilities = ProcessCluster.processAbilities();
        abilities.addAll(List.of(
                Disks.class,
                Network.class,
                Trouble.Cut.class,
                Trouble.Reset.class,
                Trouble.Loss.class,
                Trouble.Bandwidth.class,
                Trouble.Delay.class,
                Trouble.Corrupt.class));
        return abilities;
    }

    /** How it is made. */
    public static final class Kind implements Backend {
        /** And the package that has it. */
        private static final Map<String, String> PROGRAMS = new LinkedHashMap<>();

        static {
            PROGRAMS.put("ip", "iproute2");
            PROGRAMS.put("nft", "nftables");
            PROGRAMS.put("nsenter", "util-linux");
            PROGRAMS.put("fallocate", "util-linux");
            PROGRAMS.put("fsfreeze", "util-linux");
            PROGRAMS.put("mount", "mount");
            PROGRAMS.put("losetup", "mount");
            PROGRAMS.put("mkfs.ext4", "e2fsprogs");
            PROGRAMS.put("mkfs.xfs", "xfsprogs");
        }

        @Override
        public String name() {
            return KIND;
        }

        @Override
        public String text() {
            return "processes of this machine, each with its own network and its own disk: packets and power can be cut as well";
        }

        @Override
        public Optional<String> missing() {
            List<String> missing = new ArrayList<>();
            if (!System.getProperty("os.name").equals("Linux")) {
                return Optional.of("it needs Linux, and this is " + System.getProperty("os.name"));
            }
            PROGRAMS.forEach((program, where) -> {
                if (!Commands.onPath(program)) {
                    missing.add("no '" + program + "' on the PATH (apt-get install " + where + ")");
                }
            });
            if (!root()) {
                missing.add("it makes networks and mounts disks, which takes root (sudo)");
            }
            return missing.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", missing));
        }

        private static boolean root() {
            try {
                return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
            } catch (IOException e) {
                throw new UncheckedIOException("/proc/self cannot be looked at", e);
            }
        }

        @Override
        public Set<Class<?>> abilities() {
            return nodeAbilities();
        }

        @Override
        public Cluster create(Path directory, int nodes) throws IOException {
            return NamespaceCluster.create(directory, nodes);
        }
    }

    private final Mark mark;
    private final Namespaces namespaces;
    private final ProcessCluster processes;
    private final Map<String, LoopDisk> disks = new LinkedHashMap<>();
    private final Map<String, PacketFilter> filters = new LinkedHashMap<>();
    private final LinkRules links;
    private final LinkProxies proxies;
    private final Thread onExit = new Thread(this::removeAll);
    private int cuts;

    private NamespaceCluster(Mark mark, Path directory, int size) throws IOException {
        this.mark = mark;
        List<String> ids =
                IntStream.rangeClosed(1, size).mapToObj("n%d"::formatted).toList();
        this.namespaces = Namespaces.make(mark, ids);
        List<NodeLayout> layouts = new ArrayList<>();
        Map<String, String> addresses = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            String id = ids.get(i);
            Path home = Files.createDirectories(directory.resolve(id));
            LoopDisk disk = LoopDisk.make(
                    LoopDisk.FILE_SYSTEMS.get(i % LoopDisk.FILE_SYSTEMS.size()),
                    home.resolve(mark.name() + "-" + id + ".img"),
                    home.resolve("disk"));
            disks.put(id, disk);
            addresses.put(id, namespaces.address(i));
            filters.put(id, new PacketFilter(namespaces.inside(id)));
            layouts.add(new NodeLayout(
                    id,
                    home,
                    disk.directory().resolve("data"),
                    namespaces.address(i),
                    CLIENT_PORT,
                    PEER_PORT,
                    HTTP_PORT,
                    namespaces.inside(id)));
        }
        this.proxies = new LinkProxies(namespaces.clients(), PEER_PORT, addresses, namespaces::inside);
        addresses.put(CLIENTS, namespaces.clients());
        this.links = new LinkRules(addresses);
        this.processes = new ProcessCluster(LocalCluster.create(directory, layouts, NodeSettings.of(size)));
    }

    /** In an empty or absent directory; starts nothing. What an earlier harness took of this machine, and left, is removed first. */
    static NamespaceCluster create(Path directory, int size) throws IOException {
        Leftovers.remove(Mark::orphan);
        Mark mark = Mark.take();
        try {
            NamespaceCluster cluster =
                    new NamespaceCluster(mark, directory.toAbsolutePath().normalize(), size);
            Runtime.getRuntime().addShutdownHook(cluster.onExit);
            return cluster;
        } catch (IOException | RuntimeException e) {
            try {
                remove(mark);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private static void remove(Mark mark) throws IOException {
        Leftovers.remove(mark::has);
        Mark.giveBack(mark);
    }

    /** When the harness is told to end in the middle of a run. */
    private void removeAll() {
        ExitGate.await();
        try {
            remove(mark);
        } catch (IOException e) {
            System.err.println("not all was given back, the next run will try again: " + e.getMessage());
        }
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Node> nodes() {
        return processes.nodes();
    }

    @Override
    public <A> Optional<A> ability(Class<A> ability) {
        return ability.isInstance(this) ? Optional.of(ability.cast(this)) : processes.ability(ability);
    }

    @Override
    public void start(Node node) throws IOException {
        processes.start(node);
    }

    @Override
    public void awaitReady(Duration timeout) throws IOException, InterruptedException {
        processes.awaitReady(timeout);
    }

    @Override
    public boolean can(Class<? extends Trouble> trouble) {
        return PacketFilter.can(trouble) || LinkProxy.can(trouble);
    }

    @Override
    public synchronized void set(Map<Link, Trouble> troubles) throws IOException {
        links.clear();
        set("", troubles);
    }

    /** All that several causes want of a link happens to its packets, one after the other. */
    @Override
    public synchronized void set(String cause, Map<Link, Trouble> troubles) throws IOException {
        links.set(cause, troubles);
        for (Map.Entry<String, PacketFilter> filter : filters.entrySet()) {
            filter.getValue().set(links.filters(filter.getKey()));
        }
        proxies.set(links.proxies());
    }

    /** What a command is prefixed with to run on the node's network. */
    List<String> inside(Node node) {
        return namespaces.inside(node.id());
    }

    @Override
    public synchronized void cutPower(List<Node> nodes) throws IOException {
        cutPower(nodes, false);
    }

    @Override
    public synchronized void startLying(Node node) throws IOException {
        disk(node).keep();
    }

    @Override
    public synchronized void stopLying(Node node) throws IOException {
        disk(node).dropKept();
    }

    @Override
    public synchronized void cutPowerOfLiar(Node node) throws IOException {
        cutPower(List.of(node), true);
    }

    private void cutPower(List<Node> nodes, boolean ofLiars) throws IOException {
        // Every other time the nodes stand still first. Else they still see their disks fail, and must not say what is
        // not true.
        if (cuts++ % 2 == 0) {
            for (Node node : nodes) {
                processes.pause(node);
            }
        }
        for (Node node : nodes) {
            disk(node).cutPower();
        }
        for (Node node : nodes) {
            processes.kill(node);
        }
        for (Node node : nodes) {
            disk(node).restorePower(ofLiars);
        }
    }

    @Override
    public synchronized void fill(Node node) throws IOException {
        disk(node).fill();
    }

    @Override
    public synchronized void free(Node node) throws IOException {
        disk(node).free();
    }

    private LoopDisk disk(Node node) {
        LoopDisk disk = disks.get(node.id());
        if (disk == null) {
            throw new IllegalArgumentException("there is no node " + node.id() + "; there are " + disks.keySet());
        }
        return disk;
    }

    @Override
    public synchronized void close() throws IOException {
        proxies.close();
        processes.close();
        remove(mark);
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException e) {
            // It runs already.
        }
    }
}
