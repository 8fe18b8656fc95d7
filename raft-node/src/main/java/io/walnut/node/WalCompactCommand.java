package io.walnut.node;

import io.walnut.cli.Output;
import io.walnut.wal.Compaction;
import io.walnut.wal.tool.WalCompact;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code walnut wal compact}: merges segments, and takes out what newer records of the same key have replaced. */
@Command(
        name = "compact",
        mixinStandardHelpOptions = true,
        description =
                "Make a log that no process has open smaller: segments that are small become few and, with --by-key,"
                        + " records that newer ones of the same key have replaced are taken out. All others keep their LSNs. Not for"
                        + " the log of a node, which needs each of its entries: its records are refused by --by-key.")
final class WalCompactCommand extends WalCommand.Verb {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,6})([smhd])");
    private static final String ROW = "%-10s  %12s  %12s%n";

    @Option(
            names = "--by-key",
            description = "Of each key keep the newest record only. The payloads must be batches of the record codec.")
    boolean byKey;

    private Duration keepTombstones = Duration.ofDays(1);

    @Option(
            names = "--keep-tombstones",
            paramLabel = "TIME",
            description =
                    "How long after its time a delete is kept, so that a reader that is behind sees it: 30s, 10m, 36h,"
                            + " 7d; 0s to drop them (default: 1d). In a log with several"
                            + " records in a payload all deletes are kept.")
    void keepTombstones(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--keep-tombstones is '" + text + "', expected something like 30s, 10m, 36h or 7d");
        }
        long number = Long.parseLong(matcher.group(1));
        keepTombstones = switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    @Override
    void look(Path log, PrintWriter out) throws IOException {
        Compaction done;
        try (VerifyBar bar = new VerifyBar("compacting")) {
            done = WalCompact.run(log, byKey ? Optional.of(keepTombstones) : Optional.empty(), bar);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted; what was done stays done", e);
        }
        if (form.output() == Output.TABLE) {
            out.println("log in " + log);
            out.printf(ROW, "", "before", "after");
            out.printf(ROW, "segments", done.segmentsBefore(), done.segmentsAfter());
            out.printf(ROW, "bytes", done.bytesBefore(), done.bytesAfter());
            out.printf(ROW, "records", done.recordsKept() + done.recordsDropped(), done.recordsKept());
            return;
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("directory", log.toString());
        fields.put("segments_before", done.segmentsBefore());
        fields.put("segments_after", done.segmentsAfter());
        fields.put("bytes_before", done.bytesBefore());
        fields.put("bytes_after", done.bytesAfter());
        fields.put("records_kept", done.recordsKept());
        fields.put("records_dropped", done.recordsDropped());
        out.println(Output.json(fields));
    }
}
