package io.walnut.chaos.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network.Ipam;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.DockerImageName;

/**
 * Nodes in containers on a network of their own. Each has an address, which the others and this process reach: the address
 * survives the container's death and its absence from the network, unless the node is moved.
 */
final class ContainerCluster implements AutoCloseable {
    private static final int CLIENT_PORT = 7420;
    private static final int PEER_PORT = 7421;
    private static final int HTTP_PORT = 7422;
    private static final int SUBNET_ATTEMPTS = 10;
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

    /** For finding by hand what a killed test run has left. */
    private static final Map<String, String> LABELS = Map.of("walnut.test", "containers");

    private final DockerClient docker = DockerClientFactory.instance().client();
    private final Subnet subnet = Subnet.create();
    private final Map<String, GenericContainer<?>> containers = new LinkedHashMap<>();

    /** At first n1 is at .11, n2 at .12, and so on. */
    private final Map<String, String> addresses = new HashMap<>();

    /** How the nodes know each other. */
    enum Peers {
        /** By addresses; a client on this machine reaches the nodes by what they tell of each other. */
        BY_ADDRESS,
        /** By names, which only the containers can look up. */
        BY_NAME
    }

    /**
     * Starts the nodes; returns when all are ready.
     *
     * @param image of a node
     */
    ContainerCluster(String image, int nodes, Peers by) {
        List<String> ids =
                IntStream.rangeClosed(1, nodes).mapToObj(i -> "n" + i).toList();
        ids.forEach(id -> addresses.put(id, subnet.prefix() + "1" + id.substring(1)));
        String peers = ids.stream()
                .map(id -> id + "=" + (by == Peers.BY_NAME ? id : address(id)) + ":" + PEER_PORT + ":" + CLIENT_PORT)
                .collect(Collectors.joining(","));
        ids.forEach(id -> containers.put(id, container(image, id, peers)));
        try {
            Startables.deepStart(containers.values()).join();
        } catch (RuntimeException e) {
            containers.forEach((id, container) -> System.out.println("--- " + id + "\n" + logs(container)));
            close();
            throw e;
        }
    }

    /** A network whose addresses are chosen by us: Docker gives fixed addresses in no other. */
    private record Subnet(Network network, String prefix) {
        static Subnet create() {
            for (int attempt = 1; ; attempt++) {
                String prefix = "172.31." + ThreadLocalRandom.current().nextInt(256) + ".";
                Network network = Network.builder()
                        .createNetworkCmdModifier(command -> command.withLabels(LABELS)
                                .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(prefix + "0/24"))))
                        .build();
                try {
                    network.getId();
                    return new Subnet(network, prefix);
                } catch (DockerException e) {
                    // Another network of this machine has these addresses.
                    if (attempt == SUBNET_ATTEMPTS) {
                        throw e;
                    }
                }
            }
        }
    }

    private GenericContainer<?> container(String image, String id, String peers) {
        return new GenericContainer<>(DockerImageName.parse(image))
                .withNetwork(subnet.network())
                .withNetworkAliases(id)
                .withLabels(LABELS)
                .withCreateContainerCmdModifier(
                        command -> command.withIpv4Address(address(id)).withHostName(id))
                .withEnv("WALNUT_NODE_ID", id)
                .withEnv("WALNUT_CLUSTER_ID", "container-test")
                .withEnv("WALNUT_PEERS", peers)
                .withEnv("WALNUT_HEAP", "384m")
                .withExposedPorts(HTTP_PORT)
                .waitingFor(Wait.forHttp("/readyz").forPort(HTTP_PORT).withStartupTimeout(START_TIMEOUT));
    }

    private String address(String id) {
        return Objects.requireNonNull(addresses.get(id), id);
    }

    List<String> nodes() {
        return List.copyOf(containers.keySet());
    }

    /** Where clients reach a node. */
    String endpoint(String id) {
        return address(id) + ":" + CLIENT_PORT;
    }

    String endpoints() {
        return nodes().stream().map(this::endpoint).collect(Collectors.joining(","));
    }

    private GenericContainer<?> container(String id) {
        return Objects.requireNonNull(containers.get(id), id);
    }

    /** SIGKILL to the container. */
    void kill(String id) {
        docker.killContainerCmd(container(id).getContainerId()).exec();
    }

    /** Starts a killed container again, with its files as they were; does not wait until it is ready. */
    void start(String id) {
        docker.startContainerCmd(container(id).getContainerId()).exec();
    }

    /** Takes a node off the network, without a word to the others. */
    void disconnect(String id) {
        docker.disconnectFromNetworkCmd()
                .withContainerId(container(id).getContainerId())
                .withNetworkId(subnet.network().getId())
                .withForce(true)
                .exec();
    }

    /** Gives a node that is off the network another address, for when it is put back. */
    void move(String id) {
        addresses.put(id, subnet.prefix() + "2" + id.substring(1));
    }

    /** Puts it back, at its address. */
    void connect(String id) {
        docker.connectToNetworkCmd()
                .withContainerId(container(id).getContainerId())
                .withNetworkId(subnet.network().getId())
                .withContainerNetwork(new ContainerNetwork()
                        .withAliases(id)
                        .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address(id))))
                .exec();
    }

    /** What {@code walnut} prints in a node's container; throws when it fails. */
    String walnut(String id, String shellInput, String arguments) throws IOException, InterruptedException {
        Container.ExecResult result =
                container(id).execInContainer("bash", "-c", shellInput + " | walnut " + arguments);
        if (result.getExitCode() != 0) {
            throw new IOException("walnut " + arguments + " on " + id + ": " + result);
        }
        return result.getStdout();
    }

    /** Whether the node says so itself. */
    boolean isReady(String id) {
        try {
            HttpURLConnection ready =
                    (HttpURLConnection) URI.create("http://" + address(id) + ":" + HTTP_PORT + "/readyz")
                            .toURL()
                            .openConnection();
            ready.setConnectTimeout(1_000);
            ready.setReadTimeout(1_000);
            return ready.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** What the nodes have printed. */
    String logs() {
        return nodes().stream()
                .map(id -> "--- " + id + "\n" + logs(container(id)))
                .collect(Collectors.joining("\n"));
    }

    private static String logs(GenericContainer<?> container) {
        return container.getContainerId() == null ? "(was not created)" : container.getLogs();
    }

    @Override
    public void close() {
        containers.values().forEach(GenericContainer::stop);
        subnet.network().close();
    }
}
