package io.walnut.node.local;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
            defaultValue = UpCommand.DEFAULT_DIRECTORY,
            description = "Directory of the cluster (default: ${DEFAULT-VALUE}).")
    Path directory = Path.of(UpCommand.DEFAULT_DIRECTORY);

    @Option(names = "--delete", description = "Delete the cluster's directory with all of its data.")
    boolean delete;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        try (LocalCluster cluster = LocalCluster.open(directory, "384m")) {
            List<String> killed = cluster.stop();
            out.println("stopped " + cluster.nodes().size() + " nodes"
                    + (killed.isEmpty() ? "" : "; had to kill " + String.join(", ", killed)));
            if (delete) {
                cluster.delete();
                out.println("deleted " + cluster.directory());
            }
        }
        return 0;
    }
}
