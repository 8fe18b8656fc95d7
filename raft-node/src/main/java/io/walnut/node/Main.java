package io.walnut.node;

import io.walnut.node.local.DownCommand;
import io.walnut.node.local.UpCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program {@code walnut}: the verbs of the client, and those of the node. */
@Command(
        name = "walnut",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "VERB",
        description = "A replicated, durable log for services.")
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The whole command line. */
    static CommandLine commandLine() {
        CommandLine walnut = new CommandLine(new Main());
        return addVerbs(walnut);
    }

    private static CommandLine addVerbs(CommandLine walnut) {
        return walnut.addSubcommand(new ServerCommand())
                .addSubcommand(new UpCommand())
                .addSubcommand(new DownCommand());
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"walnut " + Build.version()};
        }
    }
}
