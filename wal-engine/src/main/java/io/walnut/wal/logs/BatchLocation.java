package io.walnut.wal.logs;

/**
 * Where a batch of a log is kept: item {@code slot} of the append command in the WAL record {@code lsn}.
 *
 * @param baseOffset offset of the first record
 * @param count number of records
 * @param timestampMs leader's time, milliseconds since the epoch; never decreases within a log
 * @param bytes length of the batch as its writer encoded it; 0 when it is not known, for it was loaded from an image of version 1
 */
public record BatchLocation(long lsn, int slot, long baseOffset, int count, long timestampMs, int bytes) {
    /** Offset after the last record. */
    public long endOffset() {
        return baseOffset + count;
    }
}
