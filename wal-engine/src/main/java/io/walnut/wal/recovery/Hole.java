package io.walnut.wal.recovery;

/**
 * LSNs that the log had and has no more, because the bytes were damaged and there was no copy.
 *
 * @param fromLsn the first
 * @param toLsn one past the last
 */
public record Hole(long fromLsn, long toLsn) {}
