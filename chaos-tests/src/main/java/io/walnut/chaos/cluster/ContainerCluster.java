package io.walnut.chaos.cluster;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Network.Ipam;
import io.walnut.node.local.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.utility.DockerImageName;

/** Nodes in containers of the product's image, on a network of their own, each with a disk of its own: a file system in a file. */
public final class ContainerCluster implements Cluster, Processes, Network, Disks, DataFiles, Outputs {
    public static final String KIND = "container";

    private static final int CLIENT_PORT = 7420;
    private static final int PEER_PORT = 7421;

    /** By which a container is known to be a harness's, and of which. */
    private static final String LABEL = "walnut.chaos";

    /** Of the image's user. */
    private static final int USER = 7420;

    private static final String HOME = "/var/lib/walnut";
    private static final String CLOCK = "/run/walnut-clock";
    private static final int SUBNET_ATTEMPTS = 20;
    private static final long PROBE_EVERY_MS = 100;

    /** How it is made. */
    public static final class Kind implements Backend {
        @Override
        public String name() {
            return KIND;
        }

        @Override
        public String text() {
            return "containers of the product's image by Testcontainers, each with its own disk: packets and power can be cut as well";
        }

        @Override
        public Optional<String> missing() {
            Optional<String> namespaces = new NamespaceCluster.Kind().missing();
            return namespaces.isPresent() ? namespaces : ContainerImage.missing();
        }

        @Override
        public Set<Class<?>> abilities() {
            Set<Class<?>> abilities = NamespaceCluster.nodeAbilities();
            abilities.removeIf(LinkProxy::isTrouble);
            return abilities;
        }

        @Override
        public Cluster create(Path directory, int nodes) throws IOException {
            ContainerImage.build();
            removeContainers(Mark::orphan);
            Leftovers.remove(Mark::orphan);
            return new ContainerCluster(Mark.take(), directory.toAbsolutePath().normalize(), nodes);
        }
    }

    private final Mark mark;
    private final DockerClient docker = DockerClientFactory.instance().client();
    private final Map<String, ContainerNode> members = new LinkedHashMap<>();
    private final WallClocks clocks = new WallClocks();
    private final Thread onExit = new Thread(this::removeAll);
    private final String prefix;
    private final LinkRules links;
    private final org.testcontainers.containers.Network network;

    private ContainerCluster(Mark mark, Path directory, int size) throws IOException {
        this.mark = mark;
        try {
            Runtime.getRuntime().addShutdownHook(onExit);
            String free = "";
            org.testcontainers.containers.Network made = null;
            for (int attempt = 0; made == null; attempt++) {
                free = "172.31." + ThreadLocalRandom.current().nextInt(256) + ".";
                made = network(free, attempt == SUBNET_ATTEMPTS);
            }
            this.prefix = free;
            this.network = made;
            List<String> ids =
                    IntStream.rangeClosed(1, size).mapToObj("n%d"::formatted).toList();
            String peers = IntStream.range(0, size)
                    .mapToObj(i -> ids.get(i) + "=" + address(i) + ":" + PEER_PORT + ":" + CLIENT_PORT)
                    .collect(Collectors.joining(","));
            Map<String, String> addresses = new LinkedHashMap<>(Map.of(CLIENTS, prefix + "1"));
            IntStream.range(0, size).forEach(i -> addresses.put(ids.get(i), address(i)));
            this.links = new LinkRules(addresses);
            for (int i = 0; i < size; i++) {
                String id = ids.get(i);
                Path home = Files.createDirectories(directory.resolve(id));
                LoopDisk disk = LoopDisk.make(
                        LoopDisk.FILE_SYSTEMS.get(i % LoopDisk.FILE_SYSTEMS.size()),
                        home.resolve(mark.name() + "-" + id + ".img"),
                        home.resolve("disk"));
                Commands.run("chown", USER + ":" + USER, disk.directory().toString());
                Path clock = home.resolve("clock");
                clocks.add(id, clock);
                members.put(
                        id,
                        new ContainerNode(
                                docker,
                                new Node(id, address(i) + ":" + CLIENT_PORT),
                                address(i),
                                home,
                                disk,
                                container(id, address(i), peers, disk.directory(), clock, size)));
            }
        } catch (IOException | RuntimeException e) {
            try {
                remove();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    /** Whose addresses are chosen by us, for Docker gives fixed ones in no other; null when somebody else has them. */
    private org.testcontainers.containers.@Nullable Network network(String free, boolean last) {
        org.testcontainers.containers.Network made = org.testcontainers.containers.Network.builder()
                .createNetworkCmdModifier(command -> command.withLabels(Map.of(LABEL, mark.name()))
                        .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(free + "0/24"))))
                .build();
        try {
            String _ = made.getId();
            return made;
        } catch (DockerException e) {
            if (last) {
                throw e;
            }
            return null;
        }
    }

    private String address(int node) {
        return prefix + (11 + node);
    }

    private GenericContainer<?> container(String id, String address, String peers, Path disk, Path clock, int size) {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(ContainerImage.NAME))
                .withNetwork(network)
                .withLabels(Map.of(LABEL, mark.name()))
                .withFileSystemBind(disk.toString(), HOME, BindMode.READ_WRITE)
                .withCreateContainerCmdModifier(command -> command.withName(mark.name() + "-" + id)
                        .withIpv4Address(address)
                        .withHostName(id))
                .withEnv("WALNUT_NODE_ID", id)
                .withEnv("WALNUT_CLUSTER_ID", mark.name())
                .withEnv("WALNUT_PEERS", peers)
                .waitingFor(new AbstractWaitStrategy() {
                    @Override
                    protected void waitUntilReady() {
                        // No node is ready before the others are started.
                    }
                });
        if (!clocks.isEmpty()) {
            container
                    .withFileSystemBind(clock.toString(), CLOCK, BindMode.READ_WRITE)
                    .withEnv(WallClock.environment(Path.of(CLOCK)));
        }
        LocalCluster.Settings settings = NodeSettings.of(size);
        container.withEnv("WALNUT_HEAP", settings.heap());
        container.withEnv(NodeSettings.environment(size));
        settings.config().forEach((key, value) -> container.withEnv(variable(key), value.toString()));
        return container;
    }

    private static String variable(String key) {
        return "WALNUT_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Node> nodes() {
        return members.values().stream().map(ContainerNode::node).toList();
    }

    @Override
    public <A> Optional<A> ability(Class<A> ability) {
        if (ability == Clocks.class) {
            return clocks.isEmpty() ? Optional.empty() : Optional.of(ability.cast(clocks));
        }
        return ability.isInstance(this) ? Optional.of(ability.cast(this)) : Optional.empty();
    }

    private ContainerNode member(Node node) {
        ContainerNode member = members.get(node.id());
        if (member == null) {
            throw new IllegalArgumentException("there is no node " + node.id() + "; there are " + members.keySet());
        }
        return member;
    }

    @Override
    public synchronized void start(Node node) throws IOException {
        member(node).start(links);
    }

    @Override
    public OptionalLong pid(Node node) {
        return member(node).pid();
    }

    @Override
    public synchronized void kill(Node node) throws IOException {
        member(node).kill();
    }

    @Override
    public synchronized void stop(Node node) throws IOException {
        member(node).stop();
    }

    @Override
    public synchronized void pause(Node node) throws IOException {
        member(node).pause();
    }

    @Override
    public synchronized void resume(Node node) throws IOException {
        member(node).resume();
    }

    @Override
    public boolean can(Class<? extends Trouble> trouble) {
        return PacketFilter.can(trouble);
    }

    @Override
    public synchronized void set(Map<Link, Trouble> troubles) throws IOException {
        links.clear();
        set("", troubles);
    }

    @Override
    public synchronized void set(String cause, Map<Link, Trouble> troubles) throws IOException {
        links.set(cause, troubles);
        for (ContainerNode member : members.values()) {
            member.filter(links);
        }
    }

    @Override
    public synchronized void cutPower(List<Node> nodes) throws IOException {
        cutPower(nodes, false);
    }

    @Override
    public synchronized void startLying(Node node) throws IOException {
        member(node).disk().keep();
    }

    @Override
    public synchronized void stopLying(Node node) throws IOException {
        member(node).disk().dropKept();
    }

    @Override
    public synchronized void cutPowerOfLiar(Node node) throws IOException {
        cutPower(List.of(node), true);
    }

    private void cutPower(List<Node> nodes, boolean ofLiars) throws IOException {
        for (Node node : nodes) {
            pause(node);
        }
        for (Node node : nodes) {
            member(node).disk().cutPower();
        }
        for (Node node : nodes) {
            kill(node);
        }
        for (Node node : nodes) {
            member(node).disk().restorePower(ofLiars);
        }
    }

    @Override
    public synchronized void fill(Node node) throws IOException {
        member(node).disk().fill();
    }

    @Override
    public synchronized void free(Node node) throws IOException {
        member(node).disk().free();
    }

    @Override
    public Path directory(Node node) {
        return member(node).disk().directory().resolve("data");
    }

    @Override
    public Path directoryInside(Node node) {
        return Path.of(HOME, "data");
    }

    @Override
    public Path output(Node node) throws IOException {
        return member(node).output();
    }

    @Override
    public void awaitReady(Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        for (ContainerNode member : members.values()) {
            while (!member.ready()) {
                if (!member.running()) {
                    throw new IOException("node " + member.node().id() + " ended: " + member.lastWords());
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("node " + member.node().id() + " was not ready within " + timeout.toSeconds()
                            + " s: " + member.lastWords());
                }
                Thread.sleep(PROBE_EVERY_MS);
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        for (Node node : nodes()) {
            output(node);
        }
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException e) {
            // It runs already.
        }
    }

    private void remove() throws IOException {
        removeContainers(mark::has);
        Leftovers.remove(mark::has);
        Mark.giveBack(mark);
    }

    /** When the harness is told to end in the middle of a run. */
    private void removeAll() {
        ExitGate.await();
        try {
            remove();
        } catch (IOException | RuntimeException e) {
            System.err.println("not all was given back, the next run will try again: " + e.getMessage());
        }
    }

    /** And the networks of those clusters. */
    private static void removeContainers(Predicate<String> whose) {
        DockerClient docker = DockerClientFactory.instance().client();
        for (Container container : docker.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(List.of(LABEL))
                .exec()) {
            if (whose.test(container.getLabels().getOrDefault(LABEL, ""))) {
                docker.removeContainerCmd(container.getId())
                        .withForce(true)
                        .withRemoveVolumes(true)
                        .exec();
            }
        }
        for (com.github.dockerjava.api.model.Network network :
                docker.listNetworksCmd().exec()) {
            if (whose.test(network.getLabels().getOrDefault(LABEL, ""))) {
                docker.removeNetworkCmd(network.getId()).exec();
            }
        }
    }
}
