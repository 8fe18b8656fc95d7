package io.walnut.node;

import io.walnut.wal.WalCorruptException;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.tool.WalLook;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut wal}: looks at the write-ahead log of a node that is not running. Changes nothing. */
@Command(
        name = "wal",
        mixinStandardHelpOptions = true,
        description = "Look at the write-ahead log of a node that is not running.",
        subcommands = {WalCommand.Verify.class, WalCommand.Dump.class})
public final class WalCommand implements Runnable {
    private static final int EXIT_DAMAGED = 7;
    private static final int KIND_BITS = 8;

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: dump or verify");
    }

    /** The log's own directory, from that or from the data directory of a node. */
    private static Path logDirectory(Path given) throws IOException {
        Path raft = given.resolve("raft");
        if (!Files.isDirectory(raft)) {
            return given;
        }
        try (Stream<Path> groups = Files.list(raft)) {
            List<Path> logs = groups.map(group -> group.resolve("wal"))
                    .filter(Files::isDirectory)
                    .toList();
            if (logs.size() != 1) {
                throw new IOException(raft + " holds " + logs.size() + " logs, expected one; name the log's directory");
            }
            return logs.getFirst();
        }
    }

    /** {@code walnut wal verify}: reads everything. */
    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Read and verify every record. Exit code 0: all is well; 7: durable bytes are wrong.")
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Data directory of a node, or directory of a log.")
        Path directory = Path.of(".");

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            try {
                WalLook.Verified verified = WalLook.verify(logDirectory(directory));
                out.print(verified.report().print());
                out.println("verified " + verified.records() + " records, " + verified.payloadBytes() + " bytes");
                return 0;
            } catch (WalCorruptException e) {
                e.report().map(RecoveryReport::print).ifPresent(out::print);
                spec.commandLine().getErr().println("walnut: " + e.getMessage());
                return EXIT_DAMAGED;
            } finally {
                out.flush();
            }
        }
    }

    /** {@code walnut wal dump}: one line per record. */
    @Command(name = "dump", mixinStandardHelpOptions = true, description = "Print the records of the log, one a line.")
    static final class Dump implements Callable<Integer> {
        enum Form {
            TABLE,
            JSONL
        }

        @Parameters(paramLabel = "DIR", description = "Data directory of a node, or directory of a log.")
        Path directory = Path.of(".");

        @Option(
                names = "--from",
                paramLabel = "LSN",
                defaultValue = "0",
                description = "First LSN (default: the first).")
        long from;

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "9223372036854775807",
                description = "Records at most (default: all).")
        long limit;

        @Option(
                names = "--output",
                paramLabel = "FORM",
                defaultValue = "table",
                description = "table or jsonl (default: ${DEFAULT-VALUE}).")
        Form form = Form.TABLE;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            String line = form == Form.TABLE
                    ? "%12d  %8d  %4d  %10d%n"
                    : "{\"lsn\":%d,\"term\":%d,\"kind\":%d,\"bytes\":%d}%n";
            if (form == Form.TABLE) {
                out.printf("%12s  %8s  %4s  %10s%n", "lsn", "term", "kind", "bytes");
            }
            long[] left = {limit};
            RecoveryReport _ = WalLook.each(logDirectory(directory), from, record -> {
                if (left[0]-- <= 0) {
                    return false;
                }
                long kind = record.tag() & ((1 << KIND_BITS) - 1);
                out.printf(
                        line,
                        record.lsn(),
                        record.tag() >>> KIND_BITS,
                        kind,
                        record.payload().remaining());
                // Why it cannot be written is said by the program, once this has ended.
                return !out.checkError();
            });
            out.flush();
            return 0;
        }
    }
}
