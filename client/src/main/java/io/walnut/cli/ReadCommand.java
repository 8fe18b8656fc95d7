package io.walnut.cli;

import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut read LOG}. */
@Command(
        name = "read",
        mixinStandardHelpOptions = true,
        description =
                "Print the records of a log, each with a newline: a file of lines that was appended comes back byte for byte.")
final class ReadCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "LOG")
    String log;

    @Option(names = "--from", paramLabel = "OFFSET", description = "First offset (default: where the log begins).")
    Optional<Long> from;

    @Option(names = "--max", paramLabel = "COUNT", description = "At most this many records.")
    Optional<Long> max;

    @Mixin
    NodeOption node;

    @Mixin
    ClientOptions client;

    @Spec
    CommandSpec spec;

    ReadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        try (Walnut walnut = node.connect(client, terminal)) {
            ReadOptions options = options(walnut);
            RecordPrinter printer = new RecordPrinter(terminal, client.output, false);
            try (LogReader reader = walnut.read(log, options)) {
                for (StoredRecord record : reader) {
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
        from.ifPresent(offset -> UsageErrors.require(spec, "--from", offset, 0));
        max.ifPresent(count -> UsageErrors.require(spec, "--max", count, 1));
        ReadOptions options =
                ReadOptions.from(from.orElseGet(() -> node.describe(walnut, log).startOffset()));
        return node.pin(max.map(options::max).orElse(options));
    }
}
