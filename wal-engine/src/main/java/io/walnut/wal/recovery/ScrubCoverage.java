package io.walnut.wal.recovery;

/**
 * What a scrub has looked at since it was started.
 *
 * @param passes passes over all sealed segments that are done
 * @param passLsn every LSN of the log below was verified in the pass that is under way
 * @param nanosOfLastPass how long the last one took; 0 before it is done
 * @param nanosSinceLastPass time since it ended; 0 before it is done
 * @param segments segments verified, in all passes
 * @param bytes bytes read, in all passes
 * @param findings damaged frames met, in all passes
 */
public record ScrubCoverage(
        long passes,
        long passLsn,
        long nanosOfLastPass,
        long nanosSinceLastPass,
        long segments,
        long bytes,
        long findings) {

    /** Nothing was ever looked at. */
    public static final ScrubCoverage NONE = new ScrubCoverage(0, 0, 0, 0, 0, 0, 0);
}
