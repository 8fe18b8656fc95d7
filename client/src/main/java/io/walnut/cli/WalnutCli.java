package io.walnut.cli;

import io.walnut.client.WalnutException;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** The verbs of the client. The program itself starts in the node's module, which adds its own verbs to these. */
public final class WalnutCli {
    /** Held here: the log manager alone would let its level go. */
    private static final Logger GRPC = Logger.getLogger("io.grpc");

    private WalnutCli() {}

    /** The program as it is without a node. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /**
     * The command line, with these verbs added to the client's own. All of them get the same handling of failures: one line on
     * standard error and an {@link ExitCode}, a stack trace only with {@code --debug}.
     *
     * @param verbs objects annotated with picocli's {@code @Command}
     */
    public static CommandLine commandLine(Object... verbs) {
        return commandLine(Terminal.system(), verbs);
    }

    static CommandLine commandLine(Terminal terminal, Object... verbs) {
        CommandLine walnut = new CommandLine(new Top());
        walnut.addSubcommand(new CommandLine(new LogCommand())
                        .addSubcommand(new LogCommand.Create(terminal))
                        .addSubcommand(new LogCommand.Ls(terminal))
                        .addSubcommand(new LogCommand.Describe(terminal))
                        .addSubcommand(new LogCommand.Seal(terminal))
                        .addSubcommand(new LogCommand.Rm(terminal)))
                .addSubcommand(new AppendCommand(terminal))
                .addSubcommand(new ReadCommand(terminal))
                .addSubcommand(new TailCommand(terminal))
                .addSubcommand(new TrimCommand(terminal))
                .addSubcommand(new CommandLine(new ClusterCommand()).addSubcommand(new ClusterCommand.Status(terminal)))
                .addSubcommand(new CommandLine(new BenchCommand())
                        .addSubcommand(new BenchCommand.Append(terminal))
                        .addSubcommand(new BenchCommand.Read(terminal)));
        for (Object verb : verbs) {
            walnut.addSubcommand(verb);
        }
        walnut.addSubcommand(new AutoComplete.GenerateCompletion());
        setVersion(walnut);
        walnut.setCaseInsensitiveEnumValuesAllowed(true);
        UsageErrors.install(walnut);
        CheckedOutput output = terminal.checkedOutput();
        walnut.setOut(new PrintWriter(new OutputStreamWriter(output, StandardCharsets.UTF_8), true));
        walnut.setExecutionStrategy(parsed -> {
            GlobalOptions.inherit(parsed);
            ClientOptions client = GlobalOptions.ofVerb(parsed);
            if (client != null && !client.debug) {
                // What gRPC logs of a failed call comes back as the failure of the call, which is told.
                GRPC.setLevel(Level.OFF);
            }
            int code = new CommandLine.RunLast().execute(parsed);
            walnut.getOut().flush();
            try {
                output.check();
            } catch (IOException e) {
                throw new CommandLine.ExecutionException(walnut, String.valueOf(e.getMessage()), e);
            }
            return code;
        });
        walnut.setExecutionExceptionHandler(WalnutCli::failed);
        return walnut;
    }

    private static void setVersion(CommandLine command) {
        command.getCommandSpec().version("walnut " + Build.version());
        command.getSubcommands().values().forEach(WalnutCli::setVersion);
    }

    private static int failed(Exception failure, CommandLine command, ParseResult parsed) {
        int code = ExitCode.of(failure);
        PrintWriter err = command.getErr();
        if (!(failure instanceof QuietExitException)) {
            err.println("walnut: " + message(failure, GlobalOptions.ofVerb(parsed)));
        }
        if (debug(parsed)) {
            failure.printStackTrace(err);
        }
        err.flush();
        return code;
    }

    private static boolean debug(ParseResult parsed) {
        List<String> arguments = parsed.originalArgs();
        return arguments.contains("--debug") || arguments.contains("-v");
    }

    /** @param client of the verb, if it talks to a cluster */
    static String message(Exception failure, @Nullable ClientOptions client) {
        boolean fewNodes = failure instanceof WalnutException.Unavailable && client != null && client.isDefault();
        return message(failure) + (fewNodes ? "; name other nodes with --endpoints or WALNUT_ENDPOINTS" : "");
    }

    private static String message(Exception failure) {
        String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        if (failure instanceof java.nio.file.NoSuchFileException) {
            return "no such file: " + text;
        }
        if (failure instanceof java.nio.file.AccessDeniedException) {
            return "not allowed: " + text;
        }
        if (failure instanceof WalnutException || failure instanceof java.io.IOException) {
            return text;
        }
        return failure.getMessage() == null ? text : failure.getClass().getSimpleName() + ": " + text;
    }

    /** The program's own name and help. */
    @Command(
            name = "walnut",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "VERB",
            description = "A replicated, durable log for services.")
    static final class Top implements Runnable {
        @CommandLine.Spec
        CommandSpec spec;

        @CommandLine.Mixin
        GlobalOptions global;

        @Override
        public void run() {
            throw UsageErrors.verbMissing(spec);
        }
    }
}
