package io.walnut.node;

import io.walnut.cli.Verb;
import io.walnut.cli.WalnutCli;
import io.walnut.node.local.AotCacheCommand;
import io.walnut.node.local.DemoCommand;
import io.walnut.node.local.DownCommand;
import io.walnut.node.local.UpCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;

/** The program {@code walnut}: the verbs of the client, and those of the node. */
public final class Main {
    /** Level of our own loggers, of which logback.xml asks the system property first. */
    private static final String LOG_LEVEL = "WALNUT_LOG_LEVEL";

    private Main() {}

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("wal") && System.getenv(LOG_LEVEL) == null) {
            // What the engine tells of its steps is for the log of a service, and would stand beside the output here.
            System.setProperty(LOG_LEVEL, "WARN");
        }
        System.exit(commandLine().execute(args));
    }

    /** The whole command line. A verb of the node is added here; those of other modules are found where they are there. */
    static CommandLine commandLine() {
        List<Object> verbs = new ArrayList<>(List.of(
                new ServerCommand(),
                new WalCommand(),
                new UpCommand(),
                new DownCommand(),
                new DemoCommand(),
                new AotCacheCommand()));
        ServiceLoader.load(Verb.class).forEach(verbs::add);
        return WalnutCli.commandLine(verbs.toArray());
    }
}
