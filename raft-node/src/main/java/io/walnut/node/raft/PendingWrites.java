package io.walnut.node.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Appends that are not durable yet, in index order. Thread-safe; futures are completed outside the lock. */
final class PendingWrites {
    private record Write(long lastIndex, CompletableFuture<Long> future) {}

    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private @Nullable Throwable failure;

    /** A future that completes with {@code lastIndex} when every entry up to it is durable. */
    CompletableFuture<Long> add(long lastIndex) {
        CompletableFuture<Long> future = new CompletableFuture<>();
        Throwable failed;
        synchronized (this) {
            failed = failure;
            if (failed == null) {
                writes.addLast(new Write(lastIndex, future));
            }
        }
        if (failed != null) {
            future.completeExceptionally(failed);
        }
        return future;
    }

    /** Everything up to {@code index} is durable. */
    void completeUpTo(long index) {
        List<Write> done = new ArrayList<>();
        synchronized (this) {
            for (Write next = writes.peekFirst(); next != null && next.lastIndex <= index; next = writes.peekFirst()) {
                done.add(writes.removeFirst());
            }
        }
        done.forEach(write -> write.future.complete(write.lastIndex));
    }

    /** Entries from {@code index} on were taken out of the log: nobody waits for them any more, and nothing failed. */
    void completeFrom(long index) {
        List<Write> gone = new ArrayList<>();
        synchronized (this) {
            for (Write last = writes.peekLast(); last != null && last.lastIndex >= index; last = writes.peekLast()) {
                gone.add(writes.removeLast());
            }
        }
        gone.forEach(write -> write.future.complete(write.lastIndex));
    }

    /** Fails what waits now and what comes later. */
    void fail(Throwable cause) {
        List<Write> failed;
        synchronized (this) {
            failure = cause;
            failed = new ArrayList<>(writes);
            writes.clear();
        }
        failed.forEach(write -> write.future.completeExceptionally(cause));
    }
}
