package io.walnut.node;

import io.walnut.cli.WalnutCli;
import io.walnut.node.local.AotCacheCommand;
import io.walnut.node.local.DemoCommand;
import io.walnut.node.local.DownCommand;
import io.walnut.node.local.UpCommand;
import picocli.CommandLine;

/** The program {@code walnut}: the verbs of the client, and those of the node. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The whole command line. A verb of the node is added here. */
    static CommandLine commandLine() {
        return WalnutCli.commandLine(
                new ServerCommand(),
                new WalCommand(),
                new UpCommand(),
                new DownCommand(),
                new DemoCommand(),
                new AotCacheCommand());
    }
}
