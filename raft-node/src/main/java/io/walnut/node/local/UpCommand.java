package io.walnut.node.local;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code walnut up}: a local cluster that stays after the command has ended. */
@Command(
        name = "up",
        description =
                "Start a cluster of node processes on this machine and leave it running; a second time, start it again.")
public final class UpCommand implements Callable<Integer> {
    static final String DEFAULT_DIRECTORY = "walnut-local";
    private static final int DEFAULT_PORT = 7420;
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);

    @Option(names = "--nodes", defaultValue = "3", description = "Number of nodes, 1 to 9 (default: ${DEFAULT-VALUE}).")
    int nodes;

    @Option(
            names = "--dir",
            defaultValue = DEFAULT_DIRECTORY,
            description = "Directory of the cluster (default: ${DEFAULT-VALUE}).")
    Path directory = Path.of(DEFAULT_DIRECTORY);

    @Option(
            names = "--port",
            defaultValue = "" + DEFAULT_PORT,
            description = "Client port of the first node; the next node's is 10 higher (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--heap", defaultValue = "384m", description = "Heap of each node (default: ${DEFAULT-VALUE}).")
    String heap = "384m";

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        boolean exists = Files.isDirectory(directory.resolve("n1"));
        // Not closed: closing ends the nodes.
        LocalCluster cluster = exists
                ? LocalCluster.open(directory, heap)
                : LocalCluster.create(
                        directory,
                        LocalCluster.Settings.ofNodes(nodes).firstPort(port).heap(heap));
        cluster.start();
        cluster.awaitReady(READY_TIMEOUT);
        for (NodeLayout node : cluster.nodes()) {
            out.printf(
                    "%s  client %s  http 127.0.0.1:%d  %s%n",
                    node.id(), node.endpoint(), node.httpPort(), node.directory());
        }
        out.println("walnut --endpoints " + cluster.endpoints() + " cluster status");
        return 0;
    }
}
