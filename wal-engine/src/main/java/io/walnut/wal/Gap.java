package io.walnut.wal;

/**
 * LSNs of a log that have no record any more. They lie between its start and its end, and are never given again.
 *
 * @param lsns which
 * @param kind why
 */
public record Gap(LsnRange lsns, Kind kind) {

    /** Why records are missing. */
    public enum Kind {
        /** What stood there was damaged, and set aside by an open that was told to. */
        LOST,
        /** A {@linkplain Wal#compact compaction} did not keep them. */
        COMPACTED
    }
}
