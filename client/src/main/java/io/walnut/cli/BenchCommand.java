package io.walnut.cli;

import io.walnut.client.Walnut;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code walnut bench append|read}. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "VERB",
        description = "Measure appends and reads of a cluster.")
final class BenchCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw UsageErrors.verbMissing(spec);
    }

    /** What both measure by. */
    abstract static class Verb implements Callable<Integer> {
        final Terminal terminal;

        @Option(names = "--log", defaultValue = "bench", description = "The log to use (default: ${DEFAULT-VALUE}).")
        String log;

        @Option(names = "--clients", defaultValue = "1", description = "Clients at once (default: ${DEFAULT-VALUE}).")
        int clients;

        @Option(
                names = "--seconds",
                defaultValue = "10",
                description = "How long to measure (default: ${DEFAULT-VALUE}).")
        int seconds;

        @Option(
                names = "--warm-up",
                paramLabel = "SECONDS",
                defaultValue = "2",
                description = "How long to run before measuring (default: ${DEFAULT-VALUE}).")
        int warmUp;

        @Mixin
        ClientOptions client;

        @Spec
        CommandSpec spec;

        Verb(Terminal terminal) {
            this.terminal = terminal;
        }

        void require(String option, long value, long min, long max) {
            if (value < min || value > max) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(), option + " is " + value + "; expected " + min + " to " + max);
            }
        }

        void checkCommon() {
            require("--clients", clients, 1, 1_000);
            require("--seconds", seconds, 1, 86_400);
            require("--warm-up", warmUp, 0, 3_600);
        }

        /** Figures of a run in which something failed are printed too, and the exit code says that they are not good ones. */
        int tell(BenchResult result, String workload) throws IOException {
            client.output.print(terminal, result.fields(workload));
            RuntimeException failure = result.failure();
            if (failure == null) {
                return ExitCode.OK;
            }
            terminal.err().println("walnut: " + result.errors() + " errors, one of them: " + failure.getMessage());
            return ExitCode.of(failure);
        }

        BenchRun run() {
            return new BenchRun(clients, warmUp, seconds, () -> client.connect(terminal));
        }
    }

    @Command(
            name = "append",
            mixinStandardHelpOptions = true,
            description = "Append records; an operation is a record, its latency the time until it is acknowledged.")
    static final class Append extends Verb {
        @Option(
                names = "--record-size",
                paramLabel = "BYTES",
                defaultValue = "100",
                description = "Bytes of a record's value (default: ${DEFAULT-VALUE}).")
        int recordSize;

        @Option(
                names = "--in-flight",
                paramLabel = "RECORDS",
                defaultValue = "10000",
                description = "Unacknowledged records of each client (default: ${DEFAULT-VALUE}).")
        int inFlight;

        Append(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() throws IOException {
            checkCommon();
            require("--record-size", recordSize, 0, 64 << 20);
            require("--in-flight", inFlight, 1, 10_000_000);
            try (Walnut walnut = client.connect(terminal)) {
                walnut.createLogIfAbsent(log);
            }
            BenchResult result = run().measure(new BenchAppend(log, recordSize, inFlight));
            return tell(result, "append, " + recordSize + " B, " + inFlight + " in flight, " + clients + " clients");
        }
    }

    @Command(
            name = "read",
            mixinStandardHelpOptions = true,
            description =
                    "Read a log from its beginning, over and over; an operation is a record, its latency the time waited for it.")
    static final class Read extends Verb {
        Read(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() throws IOException {
            checkCommon();
            try (Walnut walnut = client.connect(terminal)) {
                if (walnut.describe(log).endOffset() == walnut.describe(log).startOffset()) {
                    terminal.err().println("walnut: log '" + log + "' is empty; run 'walnut bench append' first");
                    return ExitCode.CONFLICT;
                }
            }
            BenchResult result = run().measure(new BenchRead(log));
            return tell(result, "read, " + clients + " clients");
        }
    }
}
