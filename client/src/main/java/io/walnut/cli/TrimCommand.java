package io.walnut.cli;

import io.walnut.client.Walnut;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code walnut trim LOG OFFSET}. */
@Command(
        name = "trim",
        mixinStandardHelpOptions = true,
        description = "Drop the records of a log that are below an offset.")
final class TrimCommand extends LogCommand.Verb {
    @Parameters(index = "0", paramLabel = "LOG")
    String log;

    @Parameters(index = "1", paramLabel = "OFFSET", description = "First offset to keep.")
    long offset;

    TrimCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    void run(Walnut walnut) throws IOException {
        UsageErrors.require(client.spec, "OFFSET", offset, 0);
        print(walnut.trim(log, offset));
    }
}
