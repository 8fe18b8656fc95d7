package io.walnut.node.append;

import java.util.concurrent.CompletableFuture;

/** A batch between its arrival and its answer. Its state is guarded by the batcher's lock. */
final class PendingAppend<R> {
    /** Where it stands; only ever forward. */
    enum State {
        /** Its bytes are beyond the budget; nothing but its memory is held. */
        WAITING,
        /** Within the budget, not yet in an entry. */
        GATHERED,
        /** In an entry that was given to the log. */
        SENT
    }

    final BatchAppend batch;
    final long deadlineNanos;
    final Runnable admitted;
    final CompletableFuture<R> answer = new CompletableFuture<>();
    State state = State.WAITING;

    PendingAppend(BatchAppend batch, long deadlineNanos, Runnable admitted) {
        this.batch = batch;
        this.deadlineNanos = deadlineNanos;
        this.admitted = admitted;
    }

    boolean expired(long nowNanos) {
        return deadlineNanos - nowNanos <= 0;
    }
}
