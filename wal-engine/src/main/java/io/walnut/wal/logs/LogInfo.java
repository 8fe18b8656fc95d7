package io.walnut.wal.logs;

/**
 * A log as it stood at one moment.
 *
 * @param id number of the log, never used again after it is deleted
 * @param startOffset first offset that can be read
 * @param endOffset offset that the next record will get
 * @param createdMs leader's time of the creation, milliseconds since the epoch
 * @param lastAppendMs leader's time of the newest record, 0 when there was none
 */
public record LogInfo(
        long id, String name, long startOffset, long endOffset, boolean sealed, long createdMs, long lastAppendMs) {}
