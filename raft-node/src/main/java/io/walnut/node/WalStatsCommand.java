package io.walnut.node;

import io.walnut.cli.Output;
import io.walnut.wal.tool.DirectoryStats;
import io.walnut.wal.tool.DirectoryStats.SealedSegment;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code walnut wal stats}: segments, records and bytes, by the files alone. */
@Command(
        name = "stats",
        mixinStandardHelpOptions = true,
        description =
                "Print the segments of a log: records, batches, bytes, age, what is lost. Reads no records and needs no"
                        + " lock: the log may be in use.")
final class WalStatsCommand extends WalCommand.Verb {
    private static final String ROW = "%9s  %12s  %12s  %10s  %10s  %12s  %s%n";

    @Override
    void look(Path log, PrintWriter out) throws IOException {
        DirectoryStats stats = DirectoryStats.of(log);
        if (form.output() != Output.TABLE) {
            out.println(Output.json(fields(log, stats)));
            return;
        }
        out.println("log in " + log + ", " + stats.log());
        out.printf(ROW, "segment", "first lsn", "end lsn", "records", "batches", "bytes", "written");
        for (SealedSegment segment : stats.segments()) {
            out.printf(
                    ROW,
                    segment.id(),
                    segment.baseLsn(),
                    segment.endLsn(),
                    segment.records(),
                    segment.frames(),
                    segment.fileBytes(),
                    segment.sealed());
        }
        out.println("LSNs " + stats.startLsn() + ".." + stats.sealedEndLsn() + " (exclusive) in "
                + stats.segments().size() + " sealed segments, " + stats.records() + " records" + besides(stats));
        out.println(stats.unsealedFiles() + " files that are not sealed, " + stats.unsealedBytes() + " bytes; in all "
                + stats.bytes() + " bytes"
                + (stats.closedInOrder() ? "; closed in order" : ""));
        stats.holes()
                .forEach(hole -> out.println("lost: LSNs " + hole.fromLsn() + ".." + hole.toLsn() + " (exclusive)"));
        stats.quarantined().forEach(name -> out.println("set aside: " + name));
    }

    /** Why there are fewer of them than LSNs, or more. */
    private static String besides(DirectoryStats stats) {
        long gone = stats.segments().stream().mapToLong(SealedSegment::gone).sum();
        boolean trimmed = stats.segments().stream().anyMatch(segment -> segment.baseLsn() < stats.startLsn());
        return (gone > 0 ? ", " + gone + " compacted away" : "")
                + (trimmed ? "; trimmed ones count until the whole segment is" : "");
    }

    private static Map<String, Object> fields(Path log, DirectoryStats stats) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("directory", log.toString());
        fields.put("log", stats.log().toString());
        fields.put("start_lsn", stats.startLsn());
        fields.put("sealed_end_lsn", stats.sealedEndLsn());
        fields.put("closed_in_order", stats.closedInOrder());
        fields.put("records", stats.records());
        fields.put("bytes", stats.bytes());
        fields.put("unsealed_files", stats.unsealedFiles());
        fields.put("unsealed_bytes", stats.unsealedBytes());
        fields.put(
                "segments",
                stats.segments().stream().map(WalStatsCommand::fields).toList());
        fields.put("lost", WalReport.lost(stats.holes()));
        fields.put("quarantined", stats.quarantined());
        return fields;
    }

    private static Map<String, Object> fields(SealedSegment segment) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("segment", segment.id());
        fields.put("base_lsn", segment.baseLsn());
        fields.put("end_lsn", segment.endLsn());
        fields.put("records", segment.records());
        fields.put("compacted_away", segment.gone());
        fields.put("batches", segment.frames());
        fields.put("frame_bytes", segment.frameBytes());
        fields.put("bytes", segment.fileBytes());
        fields.put("written", segment.sealed().toString());
        return fields;
    }
}
