package io.walnut.client;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
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

    /** Of the lock: there may be room in flight, or this appender has ended. */
    private final Condition changed = lock.newCondition();

    // Guarded by the lock, which is never held while something is waited for or told to a caller.
    private BatchEncoder open;
    /** Of the batch that was sent last; done when that batch, and so each one before it, has come to its end and was told of. */
    private CompletableFuture<Appended> lastSent = CompletableFuture.completedFuture(null);

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

    /**
     * Adds a record to the open batch; throws what has stopped this appender, if something has. When this throws, interrupted or
     * without room within the deadline, the record is not added, and those that were added before are kept.
     */
    public void add(Record record) {
        lockWithRoom(bytesOf(record));
        try {
            open.add(record);
            cutIfDue();
        } finally {
            unlock();
        }
    }

    /** Adds a record that is only a value; the bytes are copied. */
    public void add(byte[] value) {
        add(value, 0, value.length);
    }

    /** Adds a record that is only a value: {@code length} bytes from {@code from} on; they are copied. */
    public void add(byte[] source, int from, int length) {
        lockWithRoom(length);
        try {
            open.add(source, from, length);
            cutIfDue();
        } finally {
            unlock();
        }
    }

    /** Appends the records as one atomic batch of their own. What hangs on the future must not block: {@link Walnut#appendAsync}. */
    public CompletableFuture<Appended> append(Record... records) {
        if (records.length == 0) {
            throw Errors.invalid("a batch has one or more records");
        }
        BatchEncoder batch = new BatchEncoder(64);
        Arrays.stream(records).forEach(batch::add);
        batch.checkSize();
        lock.lock();
        try {
            while (true) {
                awaitRoom(this::check, () -> cutIfRoom() && pipeline.takes(batch.size()));
                CompletableFuture<Appended> future = offer(batch);
                if (future != null) {
                    return future;
                }
                // Stopped just now: the next look says why.
            }
        } finally {
            unlock();
        }
    }

    /** Waits until everything added before is acknowledged; throws what has stopped this appender, if something has. */
    public void flush() {
        CompletableFuture<Appended> last;
        lock.lock();
        try {
            BatchEncoder added = open;
            awaitRoom(this::check, () -> open != added || cutIfRoom());
            last = lastSent;
        } finally {
            unlock();
        }
        pipeline.await(last);
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
            // Whoever waits to add something has come too late.
            changed.signalAll();
        } finally {
            unlock();
        }
        try {
            CompletableFuture<Appended> last;
            lock.lock();
            try {
                if (open.count() > 0 && pipeline.failure() == null) {
                    awaitRoom(this::checkPipeline, this::cutIfRoom);
                }
                last = lastSent;
            } finally {
                unlock();
            }
            pipeline.await(last);
            lock.lock();
            try {
                if (!failureSeen) {
                    throwFailure();
                }
            } finally {
                unlock();
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
            changed.signalAll();
        } finally {
            unlock();
        }
        pipeline.close();
        onClose.run();
    }

    private void check() {
        if (closed) {
            throw ended();
        }
        checkPipeline();
    }

    private void checkPipeline() {
        throwFailure();
        if (pipeline.isClosed()) {
            throw ended();
        }
    }

    private static IllegalStateException ended() {
        return new IllegalStateException("this appender is closed");
    }

    private void throwFailure() {
        WalnutException failure = pipeline.failure();
        if (failure != null) {
            failureSeen = true;
            throw failure;
        }
    }

    private static long bytesOf(Record record) {
        long bytes = record.value().length
                + (long) record.key().map(key -> key.length).orElse(0);
        for (Header header : record.headers()) {
            bytes += header.name().length() + header.value().length;
        }
        return bytes;
    }

    /**
     * Takes the lock once the open batch takes a record of these bytes. Nothing is added before that: to wait in vain loses
     * nothing. A record that makes the batch too large begins the next one: one that the cluster refuses for its size then takes
     * no smaller one with it.
     */
    private void lockWithRoom(long bytes) {
        lock.lock();
        try {
            check();
            if (!hasRoom(bytes)) {
                awaitRoom(this::check, () -> hasRoom(bytes) || cutIfRoom());
            }
        } catch (RuntimeException | Error e) {
            lock.unlock();
            throw e;
        }
    }

    private void unlock() {
        lock.unlock();
        pipeline.tell();
    }

    /** Gives the lock up while it waits until {@code done}, looking after each answer; what {@code check} throws ends it. */
    private void awaitRoom(Runnable check, BooleanSupplier done) {
        Deadline end = pipeline.newDeadline();
        while (true) {
            check.run();
            if (done.getAsBoolean()) {
                return;
            }
            // With nothing in flight no answer comes; then there is room, or the check knows why there is none.
            if (!pipeline.isIdle()) {
                pipeline.awaitRoom(changed, end);
            }
        }
    }

    private boolean hasRoom(long bytes) {
        return open.count() == 0 || open.size() + bytes <= options.batchBytes();
    }

    /** Another record like those in it would not fit: to wait for it would only hold these up. */
    private boolean isFull() {
        return open.count() > 0 && open.size() + open.size() / open.count() > options.batchBytes();
    }

    private void cutIfDue() {
        if (isFull() || pipeline.isIdle()) {
            boolean unused = cutIfRoom();
        }
    }

    /** Sends the open batch if there is room for it; true when nothing is open then. */
    private boolean cutIfRoom() {
        BatchEncoder full = open;
        if (full.count() == 0) {
            return true;
        }
        if (!pipeline.takes(full.size()) || offer(full) == null) {
            return false;
        }
        // As large as the last one: a lone record does not carry a whole batch's buffer around.
        open = new BatchEncoder(Math.max(SMALLEST_BUFFER_BYTES, full.size() + full.size() / 8));
        return true;
    }

    private @Nullable CompletableFuture<Appended> offer(BatchEncoder encoder) {
        PendingBatch batch = new PendingBatch(encoder.finish(), pipeline.newDeadline());
        // Listened to before it is sent: an answer that has come already would be told here and now, with the lock
        // held.
        CompletableFuture<Appended> future = batch.future.whenComplete(this::answered);
        if (!pipeline.offer(batch)) {
            return null;
        }
        lastSent = future;
        // Its own: what a caller does with it must not end the wait of another.
        return future.copy();
    }

    private void answered(@Nullable Appended appended, @Nullable Throwable failure) {
        try {
            if (appended != null) {
                nextOffset = appended.nextOffset();
                acknowledgedRecords.addAndGet(appended.count());
                onAcknowledged.accept(appended);
            }
        } finally {
            lock.lock();
            try {
                cutIfDue();
                changed.signalAll();
            } finally {
                unlock();
            }
        }
    }
}
