package io.walnut.node.append;

import io.walnut.node.append.AppendRefusedException.Reason;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.wal.logs.Command.AppendItem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes Raft entries of the batches that clients append. Thread-safe.
 *
 * <p>Batches enter the log in the order of their {@link #append} calls. The thread that finds room for an entry gives it to
 * the log itself, so that a lone append costs no hop; when an entry's end makes room, a thread of the batcher's own does.
 *
 * @param <R> the result per batch
 */
public final class AppendBatcher<R> implements AutoCloseable {
    private static final Duration SWEEP_INTERVAL = Duration.ofMillis(20);
    private static final int MAX_BATCHES_PER_ENTRY = 4096;

    private final EntryLog<R> log;
    private final Bounds bounds;
    private final LongSupplier nanoClock;
    private final NodeMetrics metrics;
    private final ExecutorService sender;
    private final ScheduledExecutorService timer;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    // Guarded by lock. Invariant: when `waiting` is not empty, its head does not fit into the budget.
    private final ArrayDeque<PendingAppend<R>> waiting = new ArrayDeque<>();
    private final ArrayDeque<PendingAppend<R>> gathered = new ArrayDeque<>();
    private final Set<Entry<R>> inFlight = new LinkedHashSet<>();
    private long waitingBytes;
    private long admittedBytes;
    private boolean stopping;

    /** Requests to send that nobody has looked at; who raises it from 0 sends for all. */
    private final AtomicInteger sendRequests = new AtomicInteger();

    /**
     * What is held at most.
     *
     * @param inFlightEntries entries given to the log and not yet applied
     * @param entryBytes size of an entry; a batch is never larger
     * @param inFlightBytes bytes taken and not answered; as many again may wait
     */
    public record Bounds(int inFlightEntries, int entryBytes, long inFlightBytes) {}

    private record Entry<R>(List<PendingAppend<R>> batches, long bytes) {}

    public AppendBatcher(EntryLog<R> log, Bounds bounds, NodeMetrics metrics) {
        this(log, bounds, metrics, System::nanoTime);
    }

    AppendBatcher(EntryLog<R> log, Bounds bounds, NodeMetrics metrics, LongSupplier nanoClock) {
        this.log = log;
        this.bounds = bounds;
        this.metrics = metrics;
        this.nanoClock = nanoClock;
        this.sender = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("append-sender").factory());
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("append-timer").factory());
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::expire, SWEEP_INTERVAL.toMillis(), SWEEP_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Takes a batch.
     *
     * @param deadlineNanos of the clock {@link System#nanoTime}; the answer comes shortly after it at the latest
     * @param admitted called once when the batch is within the budget, never when it is refused before: a stream takes its
     *     next batch only then
     * @return ends when the batch's entry is applied; fails with an {@link AppendRefusedException} or as the log's future
     *     did. What is chained to it runs in the thread that applies and must not block
     */
    public CompletableFuture<R> append(AppendItem batch, long deadlineNanos, Runnable admitted) {
        PendingAppend<R> pending = new PendingAppend<>(batch, deadlineNanos, admitted);
        AppendRefusedException refusal = null;
        lock.lock();
        try {
            if (stopping) {
                refusal = new AppendRefusedException(Reason.STOPPING, "this node is stopping");
            } else if (waiting.isEmpty() && fits(pending)) {
                admit(pending);
            } else if (waitingBytes + pending.sizeBytes() <= bounds.inFlightBytes()) {
                waitingBytes += pending.sizeBytes();
                waiting.add(pending);
                return pending.answer;
            } else {
                refusal = new AppendRefusedException(
                        Reason.OVERLOADED,
                        "too many appends at once: " + admittedBytes + " bytes in flight and " + waitingBytes
                                + " waiting; try again later");
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            metrics.appendsRefused.inc();
            pending.answer.completeExceptionally(refusal);
            return pending.answer;
        }
        admitted.run();
        send();
        return pending.answer;
    }

    /** Bytes taken and not yet answered, the waiting ones not counted. */
    public long inFlightBytes() {
        lock.lock();
        try {
            return admittedBytes;
        } finally {
            lock.unlock();
        }
    }

    private boolean fits(PendingAppend<R> pending) {
        return admittedBytes == 0 || admittedBytes + pending.sizeBytes() <= bounds.inFlightBytes();
    }

    private void admit(PendingAppend<R> pending) {
        admittedBytes += pending.sizeBytes();
        pending.state = PendingAppend.State.GATHERED;
        gathered.add(pending);
    }

    private void send() {
        if (sendRequests.getAndIncrement() != 0) {
            return; // whoever is sending looks again
        }
        int seen = 1;
        do {
            for (Entry<R> entry = nextEntry(); entry != null; entry = nextEntry()) {
                give(entry);
            }
            seen = sendRequests.addAndGet(-seen);
        } while (seen != 0);
    }

    private @Nullable Entry<R> nextEntry() {
        lock.lock();
        try {
            if (gathered.isEmpty() || inFlight.size() >= bounds.inFlightEntries()) {
                return null;
            }
            List<PendingAppend<R>> batches = new ArrayList<>();
            long bytes = 0;
            while (!gathered.isEmpty()
                    && batches.size() < MAX_BATCHES_PER_ENTRY
                    && (batches.isEmpty() || bytes + gathered.peek().sizeBytes() <= bounds.entryBytes())) {
                PendingAppend<R> next = gathered.remove();
                next.state = PendingAppend.State.SENT;
                bytes += next.sizeBytes();
                batches.add(next);
            }
            Entry<R> entry = new Entry<>(batches, bytes);
            inFlight.add(entry);
            return entry;
        } finally {
            lock.unlock();
        }
    }

    private void give(Entry<R> entry) {
        metrics.entryBatches.update(entry.batches().size());
        metrics.entryBytes.update(entry.bytes());
        CompletableFuture<List<R>> applied;
        try {
            applied = log.append(
                    entry.batches().stream().map(pending -> pending.batch).toList());
        } catch (RuntimeException e) {
            applied = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<?> _ = applied.whenComplete((results, failure) -> end(entry, results, failure));
    }

    private void end(Entry<R> entry, @Nullable List<R> results, @Nullable Throwable failure) {
        List<PendingAppend<R>> admitted = new ArrayList<>();
        boolean more;
        lock.lock();
        try {
            inFlight.remove(entry);
            admittedBytes -= entry.bytes();
            admitWaiting(admitted);
            more = !gathered.isEmpty();
            signalIdle();
        } finally {
            lock.unlock();
        }
        if (more) {
            sendLater();
        }
        for (int i = 0; i < entry.batches().size(); i++) {
            CompletableFuture<R> answer = entry.batches().get(i).answer;
            if (results != null) {
                answer.complete(results.get(i));
            } else if (failure != null) {
                answer.completeExceptionally(failure);
            }
        }
        admitted.forEach(pending -> pending.admitted.run());
    }

    private void signalIdle() {
        if (inFlight.isEmpty() && gathered.isEmpty() && waiting.isEmpty()) {
            idle.signalAll();
        }
    }

    private void sendLater() {
        try {
            sender.execute(this::send);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile, and nothing gathered is left.
        }
    }

    private void admitWaiting(List<PendingAppend<R>> admitted) {
        while (!waiting.isEmpty() && fits(waiting.peek())) {
            PendingAppend<R> next = waiting.remove();
            waitingBytes -= next.sizeBytes();
            admit(next);
            admitted.add(next);
        }
    }

    /** Answers what has run out of time. An entry that is in flight keeps its place and its bytes until it ends. */
    private void expire() {
        long now = nanoClock.getAsLong();
        List<Runnable> answers = new ArrayList<>();
        List<PendingAppend<R>> admitted = new ArrayList<>();
        lock.lock();
        try {
            for (Iterator<PendingAppend<R>> each = waiting.iterator(); each.hasNext(); ) {
                PendingAppend<R> pending = each.next();
                if (pending.expired(now)) {
                    each.remove();
                    waitingBytes -= pending.sizeBytes();
                    answers.add(() -> refuse(
                            pending,
                            Reason.OVERLOADED,
                            "too many appends at once, for as long as this one could wait"));
                }
            }
            for (Iterator<PendingAppend<R>> each = gathered.iterator(); each.hasNext(); ) {
                PendingAppend<R> pending = each.next();
                if (pending.expired(now)) {
                    each.remove();
                    admittedBytes -= pending.sizeBytes();
                    answers.add(() -> refuse(
                            pending,
                            Reason.NOT_SENT_IN_TIME,
                            "the append's time passed before it was sent to the log"));
                }
            }
            admitWaiting(admitted);
            for (Entry<R> entry : inFlight) {
                for (PendingAppend<R> pending : entry.batches()) {
                    if (pending.expired(now) && !pending.answer.isDone()) {
                        answers.add(() -> refuse(
                                pending,
                                Reason.OUTCOME_UNKNOWN,
                                "not answered in time by a majority; the append may have been applied, or still be"));
                    }
                }
            }
            signalIdle();
        } finally {
            lock.unlock();
        }
        answers.forEach(Runnable::run);
        admitted.forEach(pending -> pending.admitted.run());
        if (!admitted.isEmpty()) {
            sendLater();
        }
    }

    private void refuse(PendingAppend<R> pending, Reason reason, String message) {
        if (pending.answer.completeExceptionally(new AppendRefusedException(reason, message))) {
            metrics.appendsRefused.inc();
        }
    }

    /** Takes no more, and waits for what was taken. Returns whether all of it was answered within the time. */
    public boolean drain(Duration timeout) throws InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            stopping = true;
            while (!(inFlight.isEmpty() && gathered.isEmpty() && waiting.isEmpty())) {
                if (left <= 0) {
                    return false;
                }
                left = idle.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more. What was not sent is refused; what was sent is answered when its entry ends. */
    @Override
    public void close() {
        List<PendingAppend<R>> left = new ArrayList<>();
        lock.lock();
        try {
            stopping = true;
            left.addAll(gathered);
            left.addAll(waiting);
            gathered.forEach(pending -> admittedBytes -= pending.sizeBytes());
            gathered.clear();
            waiting.clear();
            waitingBytes = 0;
        } finally {
            lock.unlock();
        }
        left.forEach(pending -> refuse(pending, Reason.STOPPING, "this node is stopping"));
        timer.shutdownNow();
        sender.shutdown();
    }
}
