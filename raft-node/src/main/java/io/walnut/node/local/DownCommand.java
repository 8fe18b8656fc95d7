package io.walnut.node.local;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code walnut down}: ends what {@code walnut up} started. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Stop the cluster that 'up' started; its data stays unless --delete is given.")
public final class DownCommand implements Callable<Integer> {
    @Option(
            names = "--dir",
            paramLabel = "DIRECTORY",
            defaultValue = UpCommand.DEFAULT_DIRECTORY,
            description = "Directory of the cluster (default: ${DEFAULT-VALUE}).")
    Path directory = Path.of(UpCommand.DEFAULT_DIRECTORY);

    @Option(
            names = "--delete",
            description = "Delete the cluster with all of its data. What else is in its directory stays.")
    boolean delete;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        try (LocalCluster cluster = LocalCluster.open(directory, "384m")) {
            int running = cluster.countRunning();
            List<String> killed = cluster.stop();
            out.println(
                    running == 0
                            ? "no node was running"
                            : "stopped " + running + (running == 1 ? " node" : " nodes")
                                    + (killed.isEmpty() ? "" : "; had to kill " + String.join(", ", killed)));
            if (delete) {
                List<Path> left = cluster.delete();
                out.println(
                        left.isEmpty()
                                ? "deleted " + cluster.directory()
                                : "deleted the nodes in " + cluster.directory()
                                        + "; left there, as not of the cluster: "
                                        + left.stream()
                                                .map(path -> path.getFileName().toString())
                                                .collect(Collectors.joining(", ")));
            }
        }
        return 0;
    }
}
