package io.walnut.cli;

import io.walnut.client.LogInfo;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut log ...}: logs as a whole. */
@Command(
        name = "log",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "VERB",
        description = "Create, list, describe, seal and remove logs.")
final class LogCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw UsageErrors.verbMissing(spec);
    }

    /** What the verbs share. */
    abstract static class Verb implements Callable<Integer> {
        final Terminal terminal;

        @Mixin
        ClientOptions client;

        Verb(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            try (Walnut walnut = client.connect(terminal)) {
                run(walnut);
            }
            return ExitCode.OK;
        }

        abstract void run(Walnut walnut) throws IOException;

        void print(LogInfo log) throws IOException {
            client.output.print(terminal, LogRows.row(log));
        }
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Create a log.")
    static final class Create extends Verb {
        @Parameters(
                paramLabel = "LOG",
                description = "Its name: letters, digits, dots, dashes, underscores, parted by /.")
        String log;

        @Option(names = "--if-absent", description = "No failure when the log exists.")
        boolean ifAbsent;

        Create(Terminal terminal) {
            super(terminal);
        }

        @Override
        void run(Walnut walnut) throws IOException {
            print(ifAbsent ? walnut.createLogIfAbsent(log) : walnut.createLog(log));
        }
    }

    @Command(name = "ls", aliases = "list", mixinStandardHelpOptions = true, description = "List logs by name.")
    static final class Ls extends Verb {
        @Parameters(
                paramLabel = "PREFIX",
                arity = "0..1",
                defaultValue = "",
                description = "Only names that begin with this.")
        String prefix;

        Ls(Terminal terminal) {
            super(terminal);
        }

        @Override
        void run(Walnut walnut) throws IOException {
            client.output.print(
                    terminal,
                    LogRows.COLUMNS,
                    walnut.list(prefix).stream().map(LogRows::row).toList());
        }
    }

    @Command(name = "describe", mixinStandardHelpOptions = true, description = "Describe a log.")
    static final class Describe extends Verb {
        @Parameters(paramLabel = "LOG")
        String log;

        Describe(Terminal terminal) {
            super(terminal);
        }

        @Override
        void run(Walnut walnut) throws IOException {
            print(walnut.describe(log));
        }
    }

    @Command(name = "seal", mixinStandardHelpOptions = true, description = "End a log: it takes no more appends.")
    static final class Seal extends Verb {
        @Parameters(paramLabel = "LOG")
        String log;

        Seal(Terminal terminal) {
            super(terminal);
        }

        @Override
        void run(Walnut walnut) throws IOException {
            print(walnut.seal(log));
        }
    }

    @Command(
            name = "rm",
            aliases = "delete",
            mixinStandardHelpOptions = true,
            description = "Remove a log and its records.")
    static final class Rm extends Verb {
        @Parameters(paramLabel = "LOG")
        String log;

        Rm(Terminal terminal) {
            super(terminal);
        }

        @Override
        void run(Walnut walnut) throws IOException {
            walnut.delete(log);
            Map<String, @Nullable Object> removed = new LinkedHashMap<>();
            removed.put("removed", log);
            client.output.print(terminal, removed);
        }
    }
}
