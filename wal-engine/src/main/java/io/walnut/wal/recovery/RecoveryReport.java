package io.walnut.wal.recovery;

import java.util.List;

/**
 * What an open found and did.
 *
 * @param clean whether the log had been closed in order
 * @param startLsn first LSN of the log
 * @param endLsn one past the last LSN that was recovered
 * @param segments one finding per segment, in order
 * @param holes LSNs of the log that are lost, by this recovery or an earlier one, which set the damaged files aside
 * @param notes what else was done, in words: leftovers deleted, a marker ignored
 * @param nanos how long it took
 */
public record RecoveryReport(
        boolean clean,
        long startLsn,
        long endLsn,
        List<SegmentFinding> segments,
        List<Hole> holes,
        List<String> notes,
        long nanos) {
    public RecoveryReport {
        holes = List.copyOf(holes);
        segments = List.copyOf(segments);
        notes = List.copyOf(notes);
    }

    /** Whether some segment holds durable bytes that are wrong. */
    public boolean corrupt() {
        return segments.stream().anyMatch(finding -> finding.verdict().corrupt());
    }

    /** The report as lines of text. */
    public String print() {
        var text = new StringBuilder();
        text.append("recovery: ")
                .append(clean ? "after an orderly close" : "after an unclean end")
                .append(corrupt() ? ", good LSNs " : ", LSNs ")
                .append(startLsn)
                .append("..")
                .append(endLsn)
                .append(" (exclusive), ")
                .append(nanos / 1_000_000)
                .append(" ms\n");
        for (SegmentFinding finding : segments) {
            text.append("  ").append(finding.print()).append('\n');
        }
        for (Hole hole : holes) {
            text.append("  lost: LSNs ")
                    .append(hole.fromLsn())
                    .append("..")
                    .append(hole.toLsn())
                    .append(" (exclusive)\n");
        }
        for (String note : notes) {
            text.append("  ").append(note).append('\n');
        }
        return text.toString();
    }
}
