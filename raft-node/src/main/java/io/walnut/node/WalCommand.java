package io.walnut.node;

import io.walnut.cli.ExitCode;
import io.walnut.cli.Output;
import io.walnut.cli.OutputOption;
import io.walnut.node.bench.WalBenchCommand;
import io.walnut.node.raft.EntryTag;
import io.walnut.wal.LsnRange;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalRangeException;
import io.walnut.wal.WalRecord;
import io.walnut.wal.WalTrimmedException;
import io.walnut.wal.tool.WalLook;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut wal}: looks at the write-ahead log of a node or a program that is not running, mends it, or measures one. */
@Command(
        name = "wal",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "VERB",
        description = "Look at the write-ahead log of a node, or of a program that uses the engine alone, mend it, or"
                + " measure one. But for 'stats' and 'bench' nobody may have the log open.",
        subcommands = {
            WalCommand.Verify.class,
            WalCommand.Dump.class,
            WalStatsCommand.class,
            WalRepairCommand.class,
            WalCompactCommand.class,
            WalBenchCommand.class
        })
public final class WalCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: bench, compact, dump, repair, stats or verify");
    }

    /** What the verbs share. */
    abstract static class Verb implements Callable<Integer> {
        @Parameters(
                paramLabel = "DIR",
                description = "Directory of a log, data directory of a node, or the node's directory that 'up' prints.")
        Path given;

        @Mixin
        OutputOption form;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            try {
                look(logDirectory(given), out);
                return ExitCode.OK;
            } catch (WalCorruptException e) {
                return ended(e, ExitCode.DAMAGED);
            } catch (WalRangeException | WalTrimmedException e) {
                return ended(e, ExitCode.CONFLICT);
            } finally {
                out.flush();
            }
        }

        private int ended(IOException reason, int code) {
            spec.commandLine().getOut().flush(); // what was printed comes before the reason why it ends there
            spec.commandLine().getErr().println("walnut: " + reason.getMessage());
            return code;
        }

        abstract void look(Path log, PrintWriter out) throws IOException;
    }

    /** The one log in or under a directory: that itself, or where a node keeps it. */
    private static Path logDirectory(Path given) throws IOException {
        if (!Files.isDirectory(given) || WalLook.isLog(given)) {
            return given;
        }
        for (Path groups : List.of(given.resolve("data").resolve("raft"), given.resolve("raft"), given)) {
            List<Path> logs = logsOfGroups(groups);
            if (logs.size() > 1) {
                throw new IOException(
                        groups + " holds " + logs.size() + " logs, expected one; name one of them: " + logs);
            }
            if (!logs.isEmpty()) {
                return logs.getFirst();
            }
        }
        return given;
    }

    private static List<Path> logsOfGroups(Path groups) throws IOException {
        if (!Files.isDirectory(groups)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(groups)) {
            return all.map(group -> group.resolve("wal"))
                    .filter(Files::isDirectory)
                    .toList();
        }
    }

    /** {@code walnut wal verify}: reads everything. */
    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Read and verify every record. Exit code 0: all is well; 7: durable bytes are wrong.")
    static final class Verify extends Verb {
        @Override
        void look(Path log, PrintWriter out) throws IOException {
            try (VerifyBar bar = new VerifyBar()) {
                WalLook.Verified verified = WalLook.verify(log, bar);
                Map<String, Object> read = new LinkedHashMap<>();
                read.put("records", verified.records());
                read.put("payload_bytes", verified.payloadBytes());
                WalReport.print(log, verified.report(), form.output(), read, out);
                if (form.output() == Output.TABLE) {
                    out.println("verified " + verified.records() + " records, " + verified.payloadBytes() + " bytes");
                }
            } catch (WalCorruptException e) {
                e.report().ifPresent(report -> WalReport.print(log, report, form.output(), Map.of(), out));
                throw e;
            }
        }
    }

    /** {@code walnut wal dump}: one line per record. */
    @Command(
            name = "dump",
            mixinStandardHelpOptions = true,
            description =
                    "Print the records of the log, one a line: the tag that was appended with it, and what it says"
                            + " in the log of a node. LSNs that are lost are told on standard error. Exit code 7: durable bytes are"
                            + " wrong, and what is good before them is printed.")
    static final class Dump extends Verb {
        private static final String ROW = "%12s  %20s  %8s  %-13s  %10s%n";

        private long from = -1;
        private long limit = Long.MAX_VALUE;
        private long printed;

        @Option(names = "--from", paramLabel = "LSN", description = "First LSN (default: where the log begins).")
        void from(long lsn) {
            from = notNegative("--from", lsn);
        }

        @Option(names = "--limit", paramLabel = "N", description = "Records at most (default: all).")
        void limit(long records) {
            limit = notNegative("--limit", records);
        }

        private long notNegative(String option, long value) {
            if (value < 0) {
                throw new ParameterException(
                        spec.commandLine(), option + " is " + value + ", and must not be negative");
            }
            return value;
        }

        @Override
        void look(Path log, PrintWriter out) throws IOException {
            boolean whole = false;
            try {
                OptionalLong first = from < 0 ? OptionalLong.empty() : OptionalLong.of(from);
                WalLook.each(log, first, lost -> tellLost(lost, out), record -> {
                    if (printed < limit) {
                        print(record, out);
                        printed++;
                    }
                    // Why it cannot be written is said by the program, once this has ended.
                    return printed < limit && !out.checkError();
                });
                whole = true;
            } finally {
                end(whole, out);
            }
        }

        private void tellLost(LsnRange lost, PrintWriter out) {
            out.flush(); // what is before the hole is printed before it
            spec.commandLine()
                    .getErr()
                    .println("walnut: lost: LSNs " + lost.from() + ".." + lost.to() + " (exclusive)");
        }

        private void print(WalRecord record, PrintWriter out) {
            boolean ofNode = EntryTag.isOfNode(record.tag());
            Long term = ofNode ? EntryTag.term(record.tag()) : null;
            String kind = ofNode ? EntryTag.kindName(record.tag()) : null;
            int bytes = record.payload().remaining();
            if (form.output() == Output.TABLE) {
                if (printed == 0) {
                    out.printf(ROW, "lsn", "tag", "term", "kind", "bytes");
                }
                out.printf(ROW, record.lsn(), record.tag(), ofNode ? term : "-", ofNode ? kind : "-", bytes);
                return;
            }
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("lsn", record.lsn());
            fields.put("tag", record.tag());
            fields.put("term", term);
            fields.put("kind", kind);
            fields.put("bytes", bytes);
            if (form.output() == Output.JSON) {
                out.print(printed == 0 ? "[\n" : ",\n");
                out.print(Output.json(fields));
            } else {
                out.println(Output.json(fields));
            }
        }

        /** Only a log that could be read has a table without rows; what was printed is a document in any case. */
        private void end(boolean whole, PrintWriter out) {
            switch (form.output()) {
                case TABLE -> {
                    if (whole && printed == 0) {
                        out.printf(ROW, "lsn", "tag", "term", "kind", "bytes");
                    }
                }
                case JSON -> {
                    if (printed > 0) {
                        out.println("\n]");
                    } else if (whole) {
                        out.println("[]");
                    }
                }
                case JSONL -> {}
            }
        }
    }
}
