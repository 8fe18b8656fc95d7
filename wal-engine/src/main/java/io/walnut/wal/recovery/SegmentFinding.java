package io.walnut.wal.recovery;

/**
 * What recovery found in one segment.
 *
 * @param segmentId the segment
 * @param verdict the row of the decision table
 * @param baseLsn its first LSN
 * @param endLsn one behind its last good LSN
 * @param corruptToLsn when corrupt, one behind the last LSN known to be missing, else {@code endLsn}
 * @param endPosition byte at which the good frames end
 * @param bytes length of the file
 * @param nanos time spent on it
 * @param detail what was found and where, for people; may be empty
 */
public record SegmentFinding(
        long segmentId,
        Verdict verdict,
        long baseLsn,
        long endLsn,
        long corruptToLsn,
        long endPosition,
        long bytes,
        long nanos,
        String detail) {

    /** Number of good records. */
    public long records() {
        return endLsn - baseLsn;
    }

    String print() {
        return "segment %d: %s, LSNs %d..%d, good to byte %d of %d%s%s"
                .formatted(
                        segmentId,
                        verdict.text(),
                        baseLsn,
                        endLsn,
                        endPosition,
                        bytes,
                        verdict.corrupt() ? ", LSNs " + endLsn + ".." + corruptToLsn + " lost" : "",
                        detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
