package io.walnut.wal;

import java.nio.file.Path;
import java.util.List;

/**
 * An image of a log made of hard links to its sealed segments. It stays as it is whatever becomes of the log.
 *
 * @param startLsn the first LSN that is meant; the first segment may begin earlier
 * @param endLsn one past the last
 * @param segments the files in order of their LSNs
 */
public record Checkpoint(long startLsn, long endLsn, List<CheckpointSegment> segments) {
    public Checkpoint {
        segments = List.copyOf(segments);
    }

    /**
     * One file.
     *
     * @param path where the link is
     * @param baseLsn first LSN in the file
     * @param endLsn one past the last LSN that counts; the file may hold later ones that were truncated
     * @param bytes length of the file
     */
    public record CheckpointSegment(Path path, long baseLsn, long endLsn, long bytes) {}
}
