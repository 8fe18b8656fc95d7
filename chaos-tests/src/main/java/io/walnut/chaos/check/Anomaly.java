package io.walnut.chaos.check;

/** What a log must never do. */
public enum Anomaly {
    /** An acknowledged record is not there at the end. */
    LOST,
    /** One record at two offsets. */
    DUPLICATE,
    /** Two records at one offset: at two nodes, or one after the other. */
    DIVERGENT,
    /** A record that nobody appended. */
    PHANTOM,
    /** Bytes that are not what any client wrote. */
    ALTERED,
    /** An offset without a record, between others. */
    HOLE,
    /** Part of a batch, or a batch whose records are not next to each other. */
    TORN_BATCH,
    /** An append that was told to have no effect has one. */
    FAILED_APPEND_IS_THERE,
    /** A record comes before one that had been acknowledged before it was appended, or that its client gave before it. */
    REORDERED,
    /** A client that was promised the order of its batches finds one there, and the one before it not. */
    SKIPPED,
    /** An observation that claims to be current misses what had been acknowledged, or seen, before it began. */
    STALE,
    /** An observation of what was appended only after it. */
    FUTURE,
    /** Records are gone that nobody trimmed, or not yet. */
    TRIMMED_TOO_EARLY,
    /** Records that had been trimmed are there. */
    TRIM_UNDONE,
    /** At the end, all faults healed, the nodes do not have the same log. */
    REPLICAS_DIFFER,
    /** No order of the operations explains the answers; found by a search, which names no other promise. */
    UNEXPLAINED,
    /** Two nodes led in one term. */
    TWO_LEADERS,
    /** The term or the commit index of a node went back while it ran. */
    WENT_BACK
}
