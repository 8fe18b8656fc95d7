package io.walnut.wal;

/**
 * What a {@linkplain Wal#compact compaction} did.
 *
 * @param segmentsBefore sealed segments that it looked at
 * @param segmentsAfter segments in their place
 * @param bytesBefore bytes of the former on disk
 * @param bytesAfter bytes of the latter
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
