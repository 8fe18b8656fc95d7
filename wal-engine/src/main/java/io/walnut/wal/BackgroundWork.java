package io.walnut.wal;

/** Who prepares and seals segments and writes what was only enqueued. */
public enum BackgroundWork {
    /** Threads of the log: one that syncs, one that prepares and seals. */
    THREADS,
    /**
     * The calling thread, inside its call, in an order that depends on nothing but the calls: for tests that count
     * operations. What was only enqueued stays in memory until somebody awaits, appends, rolls or closes;
     * what a full disk refused is tried again only then, and no segment rolls by age without a write.
     */
    INLINE
}
