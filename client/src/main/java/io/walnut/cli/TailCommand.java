package io.walnut.cli;

import io.walnut.client.LogInfo;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut tail [-f] LOG}. */
@Command(
        name = "tail",
        mixinStandardHelpOptions = true,
        description = "Print the last records of a log; with -f, then each new one until the log is sealed.")
final class TailCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "LOG")
    String log;

    @Option(
            names = {"-f", "--follow"},
            description = "Wait for new records; --output json is then an object a line, as jsonl is.")
    boolean follow;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "COUNT",
            defaultValue = "10",
            description = "Begin this many records before the end (default: ${DEFAULT-VALUE}).")
    long lines;

    @Option(names = "--from", paramLabel = "OFFSET", description = "Begin at this offset instead.")
    Optional<Long> from;

    @Mixin
    NodeOption node;

    @Mixin
    ClientOptions client;

    @Spec
    CommandSpec spec;

    TailCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        try (Walnut walnut = node.connect(client, terminal)) {
            ReadOptions options = options(walnut);
            RecordPrinter printer = new RecordPrinter(terminal, client.output, follow);
            try (LogReader reader = follow ? walnut.tail(log, options) : walnut.read(log, options)) {
                while (true) {
                    StoredRecord record = reader.poll(Duration.ZERO);
                    if (record == null) {
                        // Nothing at hand: show what there is before waiting.
                        terminal.flush();
                        record = reader.next();
                    }
                    if (record == null) {
                        break;
                    }
                    printer.print(record);
                }
                printer.end();
            } finally {
                terminal.flush();
            }
        }
        return ExitCode.OK;
    }

    private ReadOptions options(Walnut walnut) {
        UsageErrors.require(spec, "--lines", lines, 0);
        from.ifPresent(offset -> UsageErrors.require(spec, "--from", offset, 0));
        return node.pin(ReadOptions.from(from.orElseGet(() -> beforeEnd(node.describe(walnut, log)))));
    }

    private long beforeEnd(LogInfo described) {
        return Math.max(described.startOffset(), described.endOffset() - lines);
    }
}
