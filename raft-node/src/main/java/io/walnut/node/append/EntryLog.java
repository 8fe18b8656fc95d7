package io.walnut.node.append;

import io.walnut.wal.logs.Command.AppendItem;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Where entries go: the Raft group.
 *
 * @param <R> what is known of a batch when its entry has been applied
 */
@FunctionalInterface
public interface EntryLog<R> {
    /**
     * Gives the batches to the log as one entry, in their order, after everything given before. Called by one thread at
     * a time. The future ends when the entry is durable on a majority and applied, with one result per batch, or fails
     * for all of them; what is chained to it must not block.
     */
    CompletableFuture<List<R>> append(List<AppendItem> batches);
}
