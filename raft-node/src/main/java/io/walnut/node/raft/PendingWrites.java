package io.walnut.node.raft;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Appends that are not durable yet, by the index of their last entry: what a leader sends again asks for an index below others
 * that wait already. Thread-safe; futures are completed outside the lock.
 */
final class PendingWrites {
    private final NavigableMap<Long, CompletableFuture<Long>> writes = new TreeMap<>();
    private @Nullable Throwable failure;

    /** A future that completes with {@code lastIndex} when every entry up to it is durable. */
    synchronized CompletableFuture<Long> add(long lastIndex) {
        return failure != null
                ? CompletableFuture.failedFuture(failure)
                : writes.computeIfAbsent(lastIndex, _ -> new CompletableFuture<>());
    }

    /** Everything up to {@code index} is durable. */
    void completeUpTo(long index) {
        takeUpTo(index).run();
    }

    /**
     * Takes out what waits for entries up to {@code index}, which are durable, to be completed by the one who gets it: what is added
     * after that waits for other entries in their place.
     */
    Runnable takeUpTo(long index) {
        List<Map.Entry<Long, CompletableFuture<Long>>> taken = taken(writes.headMap(index, true));
        return () -> complete(taken);
    }

    /** Entries from {@code index} on were taken out of the log: nobody waits for them any more, and nothing failed. */
    void completeFrom(long index) {
        complete(taken(writes.tailMap(index, true)));
    }

    /** Fails what waits now and what comes later; the first cause stays. */
    void fail(Throwable cause) {
        synchronized (this) {
            failure = failure != null ? failure : cause;
        }
        taken(writes).forEach(write -> write.getValue().completeExceptionally(cause));
    }

    private synchronized List<Map.Entry<Long, CompletableFuture<Long>>> taken(
            NavigableMap<Long, CompletableFuture<Long>> some) {
        List<Map.Entry<Long, CompletableFuture<Long>>> taken = List.copyOf(some.entrySet());
        some.clear();
        return taken;
    }

    private static void complete(List<Map.Entry<Long, CompletableFuture<Long>>> writes) {
        writes.forEach(write -> write.getValue().complete(write.getKey()));
    }
}
