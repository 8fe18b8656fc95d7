package io.walnut.node.local;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code walnut up}: a local cluster that stays after the command has ended. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description =
                "Start a cluster of node processes on this machine and leave it running; a second time, start it again.")
public final class UpCommand implements Callable<Integer> {
    static final String DEFAULT_DIRECTORY = "walnut-local";
    private static final int DEFAULT_PORT = 7420;
    private static final Pattern HEAP = Pattern.compile("[1-9]\\d{0,11}[kKmMgG]?");
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);

    @Option(
            names = "--nodes",
            paramLabel = "COUNT",
            defaultValue = "3",
            description = "Number of nodes, 1 to 9 (default: ${DEFAULT-VALUE}).")
    int nodes;

    @Option(
            names = "--dir",
            paramLabel = "DIRECTORY",
            defaultValue = DEFAULT_DIRECTORY,
            description = "Directory of the cluster (default: ${DEFAULT-VALUE}).")
    Path directory = Path.of(DEFAULT_DIRECTORY);

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "" + DEFAULT_PORT,
            description = "Client port of the first node; the next node's is 10 higher (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = "384m",
            description = "Heap of each node (default: ${DEFAULT-VALUE}).")
    String heap = "384m";

    @Spec
    CommandSpec spec;

    /** Before anything is made: also what contradicts an existing cluster is wrong in itself first. */
    private void checkValues() {
        if (nodes < 1 || nodes > LocalCluster.MAX_NODES) {
            throw wrong("--nodes is " + nodes + "; expected 1 to " + LocalCluster.MAX_NODES);
        }
        int highest = NodeLayout.HIGHEST_FIRST_PORT;
        if (port < 1 || port > highest) {
            throw wrong("--port is " + port + "; expected 1 to " + highest);
        }
        if (!HEAP.matcher(heap).matches()) {
            throw wrong("--heap is " + heap + "; expected a size as the JVM takes it, such as 384m or 1g");
        }
    }

    private LocalCluster fresh() throws IOException {
        return LocalCluster.create(
                directory, LocalCluster.Settings.ofNodes(nodes).firstPort(port).heap(heap));
    }

    /** A cluster keeps the nodes and the ports that it was made with. */
    private LocalCluster existing(PrintWriter out) throws IOException {
        LocalCluster cluster = LocalCluster.open(directory, heap);
        ParseResult given = spec.commandLine().getParseResult();
        int itsNodes = cluster.nodes().size();
        int itsPort = cluster.nodes().getFirst().clientPort();
        if (given.hasMatchedOption("--nodes") && nodes != itsNodes) {
            throw wrong("--nodes is " + nodes + ", but the cluster in " + cluster.directory() + " has " + itsNodes
                    + "; leave the option out, or name another --dir");
        }
        if (given.hasMatchedOption("--port") && port != itsPort) {
            throw wrong("--port is " + port + ", but the cluster in " + cluster.directory() + " was made with "
                    + itsPort + "; leave the option out, or name another --dir");
        }
        out.println("there is a cluster in " + cluster.directory() + " already; starting what does not run of it");
        return cluster;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    @Override
    public Integer call() throws Exception {
        checkValues();
        try (UpLock _ = UpLock.take(directory)) {
            return start();
        }
    }

    private int start() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        // Not closed: closing ends the nodes.
        LocalCluster cluster = Files.isDirectory(directory.resolve("n1")) ? existing(out) : fresh();
        cluster.requireFreePorts();
        cluster.start();
        Map<String, String> notReady = cluster.awaitReadyOrEnded(READY_TIMEOUT);
        for (NodeLayout node : cluster.nodes()) {
            if (!notReady.containsKey(node.id())) {
                out.printf(
                        "%s  client %s  http 127.0.0.1:%d  %s%n",
                        node.id(), node.endpoint(), node.httpPort(), node.directory());
            }
        }
        if (notReady.isEmpty()) {
            String program = System.getProperty("walnut.program", "walnut");
            out.println(program + " --endpoints " + cluster.endpoints() + " cluster status");
            return 0;
        }
        out.flush();
        PrintWriter err = spec.commandLine().getErr();
        notReady.values().forEach(why -> err.println("walnut: " + why));
        int ready = cluster.nodes().size() - notReady.size();
        err.println("walnut: " + ready + " of " + cluster.nodes().size() + " nodes "
                + (ready == 1 ? "is" : "are") + " ready, "
                + (ready < cluster.majority()
                        ? "fewer than a majority: there is no cluster; mend the others and start 'up' again, or 'down'"
                        : "a majority: the cluster works; mend the others and start 'up' again"));
        return 1;
    }
}
