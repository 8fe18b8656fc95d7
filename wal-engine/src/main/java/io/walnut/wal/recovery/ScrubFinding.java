package io.walnut.wal.recovery;

/**
 * Wrong or unreadable bytes that a scrub met.
 *
 * @param segmentId the segment
 * @param fromLsn first LSN of the frame
 * @param toLsn one past its last
 * @param position byte at which it begins; where the table of the segment itself is wrong, where that begins
 * @param unreadable whether the disk did not give the bytes back; else they are there and wrong
 * @param detail what was found, for people
 */
public record ScrubFinding(
        long segmentId, long fromLsn, long toLsn, long position, boolean unreadable, String detail) {}
