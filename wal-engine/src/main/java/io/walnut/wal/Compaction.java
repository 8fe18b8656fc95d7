package io.walnut.wal;

/**
 * What a {@linkplain Wal#compact compaction} did.
 *
 * @param segmentsBefore sealed segments that it looked at
 * @param segmentsAfter segments in their place
 * @param bytesBefore length of the files of the former
 * @param bytesAfter length of those of the latter
 * @param recordsKept records in them now
 * @param recordsDropped records that it took out; not those which an earlier compaction had
 */
public record Compaction(
        int segmentsBefore,
        int segmentsAfter,
        long bytesBefore,
        long bytesAfter,
        long recordsKept,
        long recordsDropped) {}
