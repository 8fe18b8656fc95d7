package io.walnut.wal;

/**
 * Hears what a log does and how long it took, for metrics and traces. Called by many threads at once, some of which hold the log's
 * lock: be quick, count, and never call the log. It must not throw: what it does throw poisons the log, or comes out of a call
 * that has done its work, such as an append whose records are durable.
 *
 * <p>All times are in nanoseconds.
 */
public interface WalObserver {
    /** Hears nothing and costs nothing. */
    WalObserver NONE = new WalObserver() {};

    /** The log has been opened; {@link Wal#recoveryReport} says what that took. */
    default void opened(Wal wal) {}

    /**
     * A batch was appended by somebody who waited for it.
     *
     * @param bytes as they lie in the log, without frame and padding
     * @param encodeNanos from the call until the batch was in memory and had its LSNs, back-pressure included
     * @param nanos from the call to the return
     */
    default void appended(int records, long bytes, long encodeNanos, long nanos) {}

    /**
     * A group of batches was written.
     *
     * @param bytes on disk, padding included
     * @param queueNanos from the first batch of the group to the beginning of the write
     * @param nanos of the write, and of the sync when it is durable
     */
    default void wrote(int batches, long bytes, long queueNanos, long nanos, boolean durable) {}

    /** What had been written without a sync was synced. */
    default void synced(long nanos) {}

    /** A segment was begun; {@code nanos} is what appends had to wait for its file. */
    default void rolled(long nanos) {}

    /** An append waited for room in memory. */
    default void heldBack(long nanos) {}

    /** Durable bytes are wrong: found by a read, a scrub or an open. */
    default void corrupt(LsnRange lsns) {}

    /** The log takes no more writes. */
    default void poisoned(WalException cause) {}
}
