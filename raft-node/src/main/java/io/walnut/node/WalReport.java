package io.walnut.node;

import io.walnut.cli.Output;
import io.walnut.wal.recovery.Hole;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.SegmentFinding;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the verbs of {@code walnut wal} print of a recovery. */
final class WalReport {
    private WalReport() {}

    static void print(Path log, RecoveryReport report, Output form, Map<String, ?> more, PrintWriter out) {
        if (form == Output.TABLE) {
            out.println("log in " + log);
            out.print(report.print());
            return;
        }
        Map<String, Object> fields = fields(log, report);
        fields.putAll(more);
        out.println(Output.json(fields));
    }

    private static Map<String, Object> fields(Path log, RecoveryReport report) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("directory", log.toString());
        fields.put("closed_in_order", report.clean());
        fields.put("start_lsn", report.startLsn());
        fields.put("end_lsn", report.endLsn());
        fields.put("segments", report.segments().stream().map(WalReport::fields).toList());
        fields.put("lost", lost(report.holes()));
        fields.put("notes", report.notes());
        return fields;
    }

    static List<Map<String, Long>> lost(List<Hole> holes) {
        return holes.stream()
                .map(hole -> Map.of("from_lsn", hole.fromLsn(), "to_lsn", hole.toLsn()))
                .toList();
    }

    private static Map<String, Object> fields(SegmentFinding segment) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("segment", segment.segmentId());
        fields.put("verdict", segment.verdict().text());
        fields.put("damaged", segment.verdict().corrupt());
        fields.put("base_lsn", segment.baseLsn());
        fields.put("end_lsn", segment.endLsn());
        fields.put("bytes", segment.bytes());
        fields.put("detail", segment.detail());
        return fields;
    }
}
