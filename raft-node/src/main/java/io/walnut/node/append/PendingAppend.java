package io.walnut.node.append;

import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
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

    final AppendItem batch;
    final long deadlineNanos;
    final Runnable admitted;
    final CompletableFuture<R> answer = new CompletableFuture<>();
    State state = State.WAITING;

    PendingAppend(AppendItem batch, long deadlineNanos, Runnable admitted) {
        this.batch = batch;
        this.deadlineNanos = deadlineNanos;
        this.admitted = admitted;
    }

    /** Bytes that this append counts for in limits. */
    int sizeBytes() {
        return batch.bytes().remaining() + Command.ITEM_OVERHEAD_BYTES;
    }

    boolean expired(long nowNanos) {
        return deadlineNanos - nowNanos <= 0;
    }
}
