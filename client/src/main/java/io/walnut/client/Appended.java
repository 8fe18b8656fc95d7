package io.walnut.client;

import java.time.Instant;

/**
 * An acknowledgement: the batch is synced to the disks of a majority and applied.
 *
 * @param firstOffset offset of the batch's first record
 * @param nextOffset offset after its last record
 * @param timestamp the leader's time of the append
 * @param duplicate an earlier attempt had been applied; the offsets are those of that time
 */
public record Appended(long firstOffset, long nextOffset, Instant timestamp, boolean duplicate) {
    /** Number of records in the batch. */
    public long count() {
        return nextOffset - firstOffset;
    }
}
