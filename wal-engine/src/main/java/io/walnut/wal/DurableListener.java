package io.walnut.wal;

/**
 * Hears of progress, one call at a time and in order, from whichever thread did the sync: be quick. It may read the log. It
 * must not append, wait for durability or change the log: the next write waits for it to return.
 */
public interface DurableListener {

    /**
     * Every LSN below is durable now. Steps may be skipped; the number falls only after {@link Wal#truncateAfter},
     * {@link Wal#reset} or {@link Wal#adopt}, which do not call this.
     */
    void onDurable(long durableLsn);

    /** The log takes no more writes. Called once. */
    void onPoisoned(WalException cause);
}
