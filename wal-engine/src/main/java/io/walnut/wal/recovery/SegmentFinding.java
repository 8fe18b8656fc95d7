package io.walnut.wal.recovery;

/**
 * What recovery found in one segment.
 *
 * @param segmentId the segment
 * @param verdict the row of the decision table
 * @param baseLsn its first LSN
 * @param endLsn one past the last LSN of the good records at its beginning
 * @param corruptToLsn when corrupt, one past the last LSN that is known to have been there, else {@code endLsn}; some of those
 *     from {@code endLsn} on may still be good
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

    /** The same, when that much more time was spent on it. */
    public SegmentFinding after(long moreNanos) {
        return new SegmentFinding(
                segmentId, verdict, baseLsn, endLsn, corruptToLsn, endPosition, bytes, nanos + moreNanos, detail);
    }

    /** Number of good records. */
    public long records() {
        return endLsn - baseLsn;
    }

    /** The finding as a line of text. */
    public String print() {
        return "segment %d: %s, %d bytes%s%s%s"
                .formatted(
                        segmentId,
                        verdict.text(),
                        bytes,
                        records() > 0 ? ", LSNs " + baseLsn + ".." + endLsn + (corruptOrTorn() ? " good" : "") : "",
                        corruptOrTorn() ? damage() : "",
                        detail.isEmpty() ? "" : " (" + detail + ")");
    }

    private boolean corruptOrTorn() {
        return verdict.corrupt() || verdict == Verdict.TORN;
    }

    /** Only one frame may be bad, and those after it good: nobody has read them. */
    private String damage() {
        return (records() > 0 ? " up to byte " + endPosition : ", nothing good at its beginning")
                + (corruptToLsn > endLsn ? ", LSNs " + endLsn + ".." + corruptToLsn + " in doubt" : "");
    }
}
