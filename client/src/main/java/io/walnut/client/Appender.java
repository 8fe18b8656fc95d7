package io.walnut.client;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Appends many records to one log, in order, with many batches in flight. Records are gathered into batches; each batch is sent
 * when it is full, or as soon as nothing is in flight. A retry never duplicates. When a batch fails for good, this appender
 * stops: what is acknowledged is a prefix of what was added, without a gap.
 *
 * <p>Thread-safe. {@code add} blocks while the bounds in flight are reached. Acknowledged means synced to the disks of a majority.
 */
public final class Appender implements AutoCloseable {
    private static final int SMALLEST_BUFFER_BYTES = 256;

    private final AppendPipeline pipeline;
    private final AppenderOptions options;
    private final Consumer<Appended> onAcknowledged;
    private final Runnable onClose;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong acknowledgedRecords = new AtomicLong();
    private volatile long nextOffset = -1;

    // Guarded by the lock.
    private BatchEncoder open;
    private boolean failureSeen;
    /** Something was in flight when this appender was aborted. */
    private boolean abandoned;

    private boolean closed;

    Appender(AppendPipeline pipeline, AppenderOptions options, Consumer<Appended> onAcknowledged, Runnable onClose) {
        this.pipeline = pipeline;
        this.options = options;
        this.onAcknowledged = onAcknowledged;
        this.onClose = onClose;
        this.open = new BatchEncoder(SMALLEST_BUFFER_BYTES);
    }

    /** Adds a record to the open batch; throws what has stopped this appender, if something has. */
    public void add(Record record) {
        lock.lock();
        try {
            check();
            open.add(record);
            cutIfDue();
        } finally {
            lock.unlock();
        }
        cutIfIdle();
    }

    /** Adds a record that is only a value; the bytes are copied. */
    public void add(byte[] value) {
        add(value, 0, value.length);
    }

    /** Adds a record that is only a value: {@code length} bytes from {@code from} on; they are copied. */
    public void add(byte[] source, int from, int length) {
        lock.lock();
        try {
            check();
            open.add(source, from, length);
            cutIfDue();
        } finally {
            lock.unlock();
        }
        cutIfIdle();
    }

    /** Appends the records as one atomic batch of their own. */
    public CompletableFuture<Appended> append(Record... records) {
        if (records.length == 0) {
            throw Errors.invalid("a batch has one or more records");
        }
        BatchEncoder batch = new BatchEncoder(64);
        Arrays.stream(records).forEach(batch::add);
        batch.checkSize();
        lock.lock();
        try {
            check();
            cut();
            return submit(batch);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything added before is acknowledged; throws what has stopped this appender, if something has. */
    public void flush() {
        lock.lock();
        try {
            check();
            cut();
        } finally {
            lock.unlock();
        }
        pipeline.awaitIdle();
        lock.lock();
        try {
            throwFailure();
        } finally {
            lock.unlock();
        }
    }

    /** Every record taken is acknowledged, or certainly not appended: no outcome is open, and none is unknown. */
    public boolean settled() {
        lock.lock();
        try {
            WalnutException failure = pipeline.failure();
            return !abandoned
                    && pipeline.isIdle()
                    && (failure != null || open.count() == 0)
                    && (failure == null || !failure.mayHaveBeenApplied());
        } finally {
            lock.unlock();
        }
    }

    /** Records acknowledged so far. */
    public long acknowledgedRecords() {
        return acknowledgedRecords.get();
    }

    /** Offset after the last acknowledged record; -1 before the first acknowledgement. */
    public long nextOffset() {
        return nextOffset;
    }

    /** Waits like {@link #flush()}, then ends. A failure that this appender has already thrown is not thrown again. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (pipeline.failure() == null) {
                cut();
            }
        } finally {
            lock.unlock();
        }
        try {
            pipeline.awaitIdle();
            lock.lock();
            try {
                if (!failureSeen) {
                    throwFailure();
                }
            } finally {
                lock.unlock();
            }
        } finally {
            pipeline.close();
            onClose.run();
        }
    }

    /** Ends without waiting: what is in flight has an unknown outcome. */
    public void abort() {
        lock.lock();
        try {
            closed = true;
            abandoned |= !pipeline.isIdle();
        } finally {
            lock.unlock();
        }
        pipeline.close();
        onClose.run();
    }

    private void check() {
        if (closed) {
            throw new IllegalStateException("this appender is closed");
        }
        throwFailure();
    }

    private void throwFailure() {
        WalnutException failure = pipeline.failure();
        if (failure != null) {
            failureSeen = true;
            throw failure;
        }
    }

    private void cutIfDue() {
        if (open.size() >= options.batchBytes() || pipeline.isIdle()) {
            cut();
        }
    }

    /** Called when the last batch in flight was answered; whoever holds the lock looks again after releasing it. */
    private void cutIfIdle() {
        while (pipeline.isIdle() && lock.tryLock()) {
            try {
                if (open.count() == 0 || closed || pipeline.failure() != null || !pipeline.isIdle()) {
                    return;
                }
                cut();
            } finally {
                lock.unlock();
            }
        }
    }

    private void cut() {
        if (open.count() > 0) {
            BatchEncoder full = open;
            // As large as the last one: a lone record does not carry a whole batch's buffer around.
            open = new BatchEncoder(Math.max(SMALLEST_BUFFER_BYTES, full.size() + full.size() / 8));
            CompletableFuture<Appended> unused = submit(full);
        }
    }

    private CompletableFuture<Appended> submit(BatchEncoder batch) {
        CompletableFuture<Appended> future;
        try {
            future = pipeline.submit(batch.finish());
        } catch (WalnutException e) {
            failureSeen |= e == pipeline.failure();
            throw e;
        }
        if (future == null) {
            throw new IllegalStateException("this appender is closed");
        }
        return future.whenComplete(this::answered);
    }

    private void answered(@Nullable Appended appended, @Nullable Throwable failure) {
        if (appended != null) {
            nextOffset = appended.nextOffset();
            acknowledgedRecords.addAndGet(appended.count());
            onAcknowledged.accept(appended);
            cutIfIdle();
        }
    }
}
