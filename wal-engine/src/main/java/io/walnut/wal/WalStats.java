package io.walnut.wal;

import io.walnut.wal.recovery.ScrubCoverage;

/**
 * What a log is and did since it was opened.
 *
 * @param startLsn first LSN
 * @param endLsn next LSN to be assigned
 * @param durableLsn every LSN below is durable
 * @param segments live segments, the active one included
 * @param sealedSegments those of them that are sealed
 * @param bytesOnDisk length of the live segment files
 * @param activeSegmentBytes bytes written into the active segment
 * @param bytesInFlight bytes given to the log and not yet written
 * @param recordsAppended records given to the log
 * @param batchesAppended batches given to the log
 * @param bytesWritten bytes given to the operating system, padding included
 * @param writes write calls for them
 * @param syncs syncs of the active segment
 * @param syncNanos time spent in those
 * @param writeNanos time spent in the write calls
 * @param rolls segments begun
 * @param rollWaits rolls that had to prepare their segment themselves because none was ready
 * @param backPressureWaits appends that had to wait for room in the buffers
 * @param contendedAppends appends that found the log's lock taken
 * @param buffersReused buffers taken from the pool
 * @param buffersMade buffers that the pool did not have
 * @param writesInFlight writes under way now
 * @param scrub what the scrub of {@link WalOptions#scrubbing} has done; all 0 without one
 */
public record WalStats(
        long startLsn,
        long endLsn,
        long durableLsn,
        int segments,
        int sealedSegments,
        long bytesOnDisk,
        long activeSegmentBytes,
        long bytesInFlight,
        long recordsAppended,
        long batchesAppended,
        long bytesWritten,
        long writes,
        long syncs,
        long syncNanos,
        long writeNanos,
        long rolls,
        long rollWaits,
        long backPressureWaits,
        long contendedAppends,
        long buffersReused,
        long buffersMade,
        int writesInFlight,
        ScrubCoverage scrub) {}
