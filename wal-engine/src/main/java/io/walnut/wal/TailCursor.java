package io.walnut.wal;

import java.time.Duration;

/** A cursor that can wait for records that are not there yet. */
public interface TailCursor extends Cursor {

    /**
     * Moves to the next record, waiting for it.
     *
     * @return false when none came in time
     * @throws WalPoisonedException when the log is poisoned, and no record will come: what was durable before was given
     * @throws WalClosedException when the log is closed meanwhile
     * @throws InterruptedException when the thread is interrupted while it waits
     */
    boolean next(Duration timeout) throws WalException, InterruptedException;
}
