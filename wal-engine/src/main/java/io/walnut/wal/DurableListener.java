package io.walnut.wal;

/**
 * Hears of progress, one call at a time and in order, in the thread that synced, after that thread has stopped to lead: it may
 * read, append and wait for durability. While it is called the thread is not there for its own caller, and changes of the
 * segments ({@link Wal#truncateAfter} and the like) by other threads wait until it returns: be quick, and wait for no such
 * thread. It may wait for threads that append, but not from within a change of the segments of its own. What became durable
 * while a change waited is told after it, by the thread that made it. What it throws is logged; the log goes on.
 */
public interface DurableListener {

    /**
     * Every LSN below is durable now. Steps may be skipped; the number falls only after {@link Wal#truncateAfter},
     * {@link Wal#reset} or {@link Wal#adopt}, which do not themselves call this for the LSNs that they set.
     */
    void onDurable(long durableLsn);

    /** The log takes no more writes. Called once. */
    void onPoisoned(WalException cause);
}
