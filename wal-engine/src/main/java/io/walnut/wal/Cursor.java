package io.walnut.wal;

/**
 * Walks through the log in order, up to what is durable (under {@link Durability.Sync}) or written (otherwise) at the moment
 * of each call, across segments. LSNs whose records were compacted away it passes over. For one thread; appends and other cursors go on beside it.
 *
 * <p>Each batch is verified once, when the cursor comes to it. A cursor in a sealed segment holds on to its file, trimmed or
 * not, until it goes on or is closed: close it.
 */
public interface Cursor extends RecordView, AutoCloseable {

    /**
     * Moves to the next record.
     *
     * @return false when there is none yet; a later call may find one
     * @throws WalTrimmedException when the log was trimmed past the cursor
     * @throws WalCorruptException when the bytes there are wrong; the cursor stays before them
     */
    boolean next() throws WalException;

    /** The LSN that the next successful {@link #next()} will be at, or the first after it that a compaction has kept. */
    long nextLsn();

    @Override
    void close();
}
