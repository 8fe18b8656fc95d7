package io.walnut.node.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where one node of a local cluster lives.
 *
 * @param id name of the node, unique in the cluster
 * @param directory what is of this node: configuration, output, process id
 * @param dataDirectory where it keeps its log and its snapshots
 * @param host address that its ports are on
 * @param clientPort port of the gRPC services
 * @param peerPort port of Raft
 * @param httpPort port of health and metrics
 * @param launcher program that starts the node's, with its arguments, and becomes it; empty for none
 */
public record NodeLayout(
        String id,
        Path directory,
        Path dataDirectory,
        String host,
        int clientPort,
        int peerPort,
        int httpPort,
        List<String> launcher) {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int PORTS_PER_NODE = 3;
    private static final int PORT_STEP = 10;

    /** With which also the last node of the largest cluster has ports. */
    static final int HIGHEST_FIRST_PORT = 65_535 - PORT_STEP * LocalCluster.MAX_NODES;

    public NodeLayout {
        launcher = List.copyOf(launcher);
    }

    /** On loopback, with its data in its directory. */
    static NodeLayout onLoopback(String id, Path directory, int clientPort, int peerPort, int httpPort) {
        return new NodeLayout(
                id, directory, directory.resolve("data"), LOOPBACK, clientPort, peerPort, httpPort, List.of());
    }

    /** Nodes {@code n1..n<nodes>} on the ports {@code firstPort + 10 i} and the two after each. */
    static List<NodeLayout> onPortsFrom(int firstPort, Path directory, int nodes) {
        var layouts = new ArrayList<NodeLayout>();
        for (int i = 0; i < nodes; i++) {
            int port = firstPort + PORT_STEP * i;
            layouts.add(onLoopback(name(i), directory.resolve(name(i)), port, port + 1, port + 2));
        }
        return layouts;
    }

    /** Nodes {@code n1..n<nodes>} on ports that are free now. */
    static List<NodeLayout> onFreePorts(Path directory, int nodes) throws IOException {
        List<Integer> ports = FreePorts.onLoopback(nodes * PORTS_PER_NODE);
        var layouts = new ArrayList<NodeLayout>();
        for (int i = 0; i < nodes; i++) {
            int first = i * PORTS_PER_NODE;
            layouts.add(onLoopback(
                    name(i), directory.resolve(name(i)), ports.get(first), ports.get(first + 1), ports.get(first + 2)));
        }
        return layouts;
    }

    private static String name(int i) {
        return "n" + (i + 1);
    }

    /** Address that clients use. */
    public String endpoint() {
        return host + ":" + clientPort;
    }

    Path configFile() {
        return directory.resolve("walnut.yaml");
    }

    /** What the node's process printed. */
    public Path outputFile() {
        return directory.resolve("node.log");
    }

    Path pidFile() {
        return directory.resolve("pid");
    }
}
