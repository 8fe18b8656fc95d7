package io.walnut.wal.store;

import io.walnut.wal.DurableListener;
import io.walnut.wal.WalException;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.MalformedException;
import io.walnut.wal.logs.Result;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Applies commands to the index in the order of their LSNs, once they are durable, and hands out their results. Whoever learns
 * that something is durable applies it, for all.
 */
final class Applier implements DurableListener {
    private final LogIndex index;
    private final ReentrantLock applying = new ReentrantLock();
    private final Condition applied = applying.newCondition();
    private final Queue<Pending> pending = new ConcurrentLinkedQueue<>(); // in the order of their LSNs
    private long appliedLsn; // next to be applied; guarded by applying
    private volatile @Nullable Exception failure; // written under applying

    private record Pending(long lsn, ByteBuffer command, CompletableFuture<Result> result) {}

    private record Done(CompletableFuture<Result> future, Result result) {}

    Applier(LogIndex index, long nextLsn) {
        this.index = index;
        this.appliedLsn = nextLsn;
    }

    /** A command has its LSN. Called in the order of the LSNs; the command is kept. */
    CompletableFuture<Result> add(long lsn, ByteBuffer command) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        pending.add(new Pending(lsn, command, result));
        Exception cause = failure;
        if (cause != null) {
            fail(cause); // it was told before this was pending
        }
        return result;
    }

    /** Applies what is below. */
    void applyBelow(long lsn) {
        List<Done> done = List.of();
        applying.lock();
        try {
            // After a failure nothing: what is pending yet stands behind commands that were not applied.
            for (Pending next = failure == null ? pending.peek() : null;
                    next != null && next.lsn < lsn;
                    next = pending.peek()) {
                pending.remove();
                if (done.isEmpty()) {
                    done = new ArrayList<>();
                }
                done.add(new Done(next.result, index.apply(next.lsn, next.command)));
                appliedLsn = next.lsn + 1;
            }
            applied.signalAll();
        } finally {
            applying.unlock();
        }
        // What hangs on them may take long, or come back to the store.
        done.forEach(each -> each.future.complete(each.result));
    }

    @Override
    public void onDurable(long durableLsn) {
        applyBelow(durableLsn);
    }

    @Override
    public void onPoisoned(WalException cause) {
        fail(cause);
    }

    /** Whether what is pending becomes durable is not known, nor will be before the store is opened again. */
    void fail(Exception cause) {
        List<Pending> failed = new ArrayList<>();
        applying.lock(); // or another thread could take out, as the one that it applies, the one after it
        try {
            failure = cause;
            for (Pending next = pending.poll(); next != null; next = pending.poll()) {
                failed.add(next);
            }
            applied.signalAll(); // nothing that anybody waits for will come
        } finally {
            applying.unlock();
        }
        failed.forEach(each -> each.result.completeExceptionally(cause));
    }

    /** Whether a command that has its LSN and is not applied yet appends to that log. */
    boolean isAppendingTo(long logId) {
        applying.lock(); // or one might be neither pending nor applied
        try {
            return pending.stream().anyMatch(each -> appendsTo(each.command, logId));
        } finally {
            applying.unlock();
        }
    }

    private static boolean appendsTo(ByteBuffer command, long logId) {
        try {
            return Command.decode(command) instanceof Command.Append append
                    && append.items().stream().anyMatch(item -> item.logId() == logId);
        } catch (MalformedException e) {
            return false;
        }
    }

    /** An image of the index, and the LSN before which it stands. */
    record Image(long nextLsn, ImageFiles.Parts bytes) {}

    Image image() throws IOException {
        applying.lock();
        try {
            ImageFiles.Parts parts = new ImageFiles.Parts();
            index.save(parts);
            return new Image(appliedLsn, parts);
        } finally {
            applying.unlock();
        }
    }

    long appliedLsn() {
        applying.lock();
        try {
            return appliedLsn;
        } finally {
            applying.unlock();
        }
    }

    /**
     * Waits until something that was applied makes it so; false when nothing does in time.
     *
     * @throws WalException what the log failed with: nothing is applied any more
     */
    boolean await(BooleanSupplier condition, Duration timeout) throws WalException, InterruptedException {
        long nanos = TimeUnit.NANOSECONDS.convert(timeout); // the longest is for ever
        applying.lockInterruptibly();
        try {
            while (!condition.getAsBoolean()) {
                if (failure instanceof WalException poisoned) {
                    throw poisoned;
                }
                if (nanos <= 0) {
                    return false;
                }
                nanos = applied.awaitNanos(nanos);
            }
            return true;
        } finally {
            applying.unlock();
        }
    }
}
