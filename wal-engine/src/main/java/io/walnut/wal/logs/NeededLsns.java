package io.walnut.wal.logs;

import java.util.Comparator;
import java.util.TreeSet;

/** The logs that hold records, ordered by the lowest LSN that each needs. Its monitor guards it. */
final class NeededLsns {
    private final TreeSet<LogState> logs = new TreeSet<>(
            Comparator.comparingLong((LogState log) -> log.neededLsn).thenComparingLong(log -> log.id));

    /** Looks again at what the log needs, after a change of its first record. */
    synchronized void update(LogState log) {
        long needed = log.firstLsn();
        if (needed == log.neededLsn) {
            return;
        }
        remove(log);
        log.neededLsn = needed;
        if (needed != LogState.NEEDS_NONE) {
            logs.add(log);
        }
    }

    synchronized void remove(LogState log) {
        if (log.neededLsn != LogState.NEEDS_NONE) {
            logs.remove(log);
        }
    }

    /** Lowest LSN that any log needs, or {@link LogState#NEEDS_NONE}. */
    synchronized long lowest() {
        return logs.isEmpty() ? LogState.NEEDS_NONE : logs.first().neededLsn;
    }
}
