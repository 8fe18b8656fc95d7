package io.walnut.client;

import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.AppendStreamResponse;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorDetail;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One producer of one log: keeps many batches in flight on one stream, in order, and brings each of them to exactly one end.
 *
 * <pre>
 * submit -> unsent -> (stream) -> inFlight -> answer -> future
 *              ^                      |
 *              +---- stream broken ---+      all of them again, in order, with the same sequence numbers
 * </pre>
 *
 * A node drops what it has seen, by producer id, epoch and sequence, so sending again never duplicates. When a batch is refused
 * for good, the sequence numbers after it can never be accepted: those batches start again in a new epoch, unless one of them
 * may have been applied ({@link #refused}). Thread-safe; one lock, never held while a future completes.
 */
final class AppendPipeline implements AppendCall.Listener {
    /** What a refused or lost batch means for the batches after it. */
    enum AfterFailure {
        /** They fail too: what is acknowledged is a prefix of what was given. */
        STOP,
        /** They go on: each batch stands for itself. */
        CONTINUE
    }

    private final String log;
    private final Transport transport;
    private final Router router;
    private final ScheduledExecutorService timer;
    private final AppenderOptions options;
    private final Duration deadline;
    private final Duration attemptTimeout;
    private final AfterFailure afterFailure;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All below are guarded by the lock.
    private final PendingBatches pending = new PendingBatches();
    private final Completions completions = new Completions(lock);
    private @Nullable AppendCall stream;
    private boolean waiting;
    private int attempt;
    private int hops;
    private long idleSinceNanos = System.nanoTime();
    private final NodeFailures failures = new NodeFailures();

    // Written under the lock, and read without it for every record.
    private volatile @Nullable WalnutException failure;
    private volatile boolean closed;

    AppendPipeline(
            String log,
            Transport transport,
            Router router,
            ScheduledExecutorService timer,
            AppenderOptions options,
            Duration deadline,
            Duration attemptTimeout,
            AfterFailure afterFailure) {
        this.log = log;
        this.transport = transport;
        this.router = router;
        this.timer = timer;
        this.options = options;
        this.deadline = deadline;
        this.attemptTimeout = attemptTimeout;
        this.afterFailure = afterFailure;
    }

    /**
     * Takes a batch. Blocks while the bounds of batches and bytes in flight are reached, up to the deadline.
     *
     * @return null when the pipeline has been closed
     */
    @Nullable
    CompletableFuture<Appended> submit(EncodedBatch batch) {
        return submit(batch, Deadline.in(deadline));
    }

    /** As {@link #submit(EncodedBatch)}, with a deadline of its own; it may pass before that of an earlier batch. */
    @Nullable
    CompletableFuture<Appended> submit(EncodedBatch batch, Deadline end) {
        lock.lock();
        try {
            awaitRoom(batch.getRecords().size(), end);
            if (closed) {
                return null;
            }
            WalnutException failed = failure;
            if (failed != null) {
                throw failed;
            }
            PendingBatch added = pending.add(new PendingBatch(batch, end));
            pump();
            return added.future;
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    /**
     * Takes a batch if there is room for it now; never blocks, and completes nothing, so that it can be called with a lock held:
     * {@link #tell} is to follow without it.
     *
     * @return false when there is no room, and when nothing is taken any more
     */
    boolean offer(PendingBatch batch) {
        lock.lock();
        try {
            if (failure != null || closed || !hasRoom(batch.bytes())) {
                return false;
            }
            pending.add(batch);
            pump();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Completes what has come to its end. */
    void tell() {
        completions.run();
    }

    /** Whether a batch of these bytes would be taken now. */
    boolean takes(int bytes) {
        lock.lock();
        try {
            return failure == null && !closed && hasRoom(bytes);
        } finally {
            lock.unlock();
        }
    }

    /** The deadline of a batch that is given now. */
    Deadline newDeadline() {
        return Deadline.in(deadline);
    }

    private void awaitRoom(int bytes, Deadline end) {
        while (failure == null && !closed && !hasRoom(bytes)) {
            awaitRoom(changed, end);
        }
    }

    /** Waits once on the condition, of which the caller holds the lock; throws when it was for too long, or interrupted. */
    @SuppressWarnings("WaitNotInLoop") // its callers loop
    void awaitRoom(Condition condition, Deadline end) {
        long remaining = end.remainingNanos();
        if (remaining <= 0) {
            throw noRoom();
        }
        try {
            long unused = condition.awaitNanos(remaining);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Errors.unavailable("log '" + log + "': interrupted while waiting for room in flight", e);
        }
    }

    private WalnutException noRoom() {
        lock.lock();
        try {
            return Errors.overloaded("log '" + log + "': " + pending.size() + " batches with " + pending.bytes()
                    + " bytes are in flight; no room within the deadline");
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoom(int bytes) {
        int size = pending.size();
        return size == 0
                || (size < options.maxBatchesInFlight() && pending.bytes() + bytes <= options.maxBytesInFlight());
    }

    /** True when nothing is in flight. The futures of what was may not be complete yet. */
    boolean isIdle() {
        return pending.isEmpty();
    }

    /** The failure that has stopped this pipeline, if one has. */
    @Nullable
    WalnutException failure() {
        return failure;
    }

    /** True when it was closed: by its user or with the client. */
    boolean isClosed() {
        return closed;
    }

    /** Waits until the batch has come to its end, whichever: how is said by {@link #failure}. */
    void await(CompletableFuture<Appended> batch) {
        try {
            batch.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Errors.unknown("log '" + log + "': interrupted while batches were in flight", e);
        } catch (ExecutionException e) {
            // An end like another.
        }
    }

    /** Takes no more. What is in flight is given up: sent batches have an unknown outcome. */
    void close() {
        lock.lock();
        try {
            closed = true;
            if (pending.size() > 0) {
                boolean sent = stream != null && stream.sent();
                boolean open = (sent && pending.hasInFlight())
                        || pending.all().stream().anyMatch(batch -> batch.ambiguous);
                String message = "log '" + log + "': the client was closed";
                stop(open ? Errors.unknown(message, null) : Errors.unavailable(message, null));
            }
            hangUp();
            changed.signalAll();
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    /** Closes when nothing has happened for a while; true when closed. */
    boolean closeIfIdle(long idleNanos) {
        lock.lock();
        try {
            if (pending.size() > 0 || System.nanoTime() - idleSinceNanos < idleNanos) {
                return false;
            }
            closed = true;
            hangUp();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void hangUp() {
        AppendCall open = stream;
        stream = null;
        if (open != null) {
            open.cancel();
        }
    }

    /** Called every few milliseconds: ends what is past its deadline, and streams that no longer answer. */
    void tick() {
        lock.lock();
        try {
            PendingBatch oldest = pending.head();
            if (oldest != null && System.nanoTime() - oldest.sentAtNanos > attemptTimeout.toNanos()) {
                AppendCall open = stream;
                String endpoint = open == null ? "?" : open.endpoint();
                broken(endpoint, Errors.noAnswer(endpoint, true, attemptTimeout), "");
            }
            expire(Deadline::passed);
            pump();
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    /** Ends all that it has, as a stream that ended for good does. */
    void fail(WalnutException cause) {
        lock.lock();
        try {
            pending.takeBack(stream != null && stream.sent());
            stop(cause);
            if (afterFailure == AfterFailure.CONTINUE) {
                failure = null;
            }
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    private void expire(Predicate<Deadline> over) {
        boolean streamSent = stream != null && stream.sent();
        boolean live = false;
        boolean dropped = false;
        boolean unknown = false;
        for (PendingBatch batch : pending.all()) {
            // What comes after a batch of unknown outcome keeps its place, is sent again with it, and so may yet be
            // applied. To take it out would change the numbers of the batch before it, which then is no duplicate any
            // more.
            unknown |= batch.givenUp || batch.ambiguous || (streamSent && pending.isInFlight(batch));
            if (!batch.givenUp && over.test(batch.deadline)) {
                WalnutException expired =
                        Errors.deadline(unknown, failures, batch.deadline.of(), "append to log '" + log + "'");
                if (afterFailure == AfterFailure.STOP) {
                    stop(expired);
                    return;
                }
                completions.add(() -> batch.future.completeExceptionally(expired));
                if (unknown) {
                    batch.givenUp = true;
                } else {
                    pending.remove(batch);
                    dropped = true;
                    continue;
                }
            }
            live |= !batch.givenUp;
        }
        if (dropped) {
            restartInNewEpoch();
            settled();
        }
        if (!live && pending.size() > 0) {
            // Nobody waits for any of them: forget them, and let no later batch depend on them.
            hangUp();
            pending.startAnew();
            settled();
        }
    }

    private void pump() {
        if (waiting || closed || !pending.hasUnsent()) {
            return;
        }
        String target = stream == null ? router.target() : stream.endpoint();
        try {
            send(target);
        } catch (RuntimeException e) {
            // Thrown on, it would end the timer that the deadlines hang on.
            broken(target, Errors.unavailable(target + ": " + e.getMessage(), e), "");
        }
    }

    private void send(String target) {
        AppendCall open = stream;
        if (open == null) {
            open = new AppendCall(target, transport.channel(target), this);
            stream = open;
        }
        for (PendingBatch batch = pending.nextToSend(); batch != null; batch = pending.nextToSend()) {
            open.send(AppendRequest.newBuilder()
                    .setLog(log)
                    .setBatch(batch.batch)
                    .setProducer(pending.stamp(batch))
                    .build());
        }
    }

    @Override
    public void answered(AppendCall from, AppendStreamResponse response) {
        lock.lock();
        try {
            if (from != stream) {
                return;
            }
            PendingBatch head = pending.head();
            if (head == null) {
                broken(
                        from.endpoint(),
                        Errors.internal(from.endpoint() + ": an answer that nothing was sent for", null),
                        "");
                return;
            }
            if (response.hasOk()) {
                acknowledged(from, head, response.getOk());
            } else {
                refused(from, head, response.getError());
            }
            pump();
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    private void acknowledged(AppendCall from, PendingBatch head, AppendResponse ok) {
        if (ok.getNextOffset() - ok.getFirstOffset() != head.batch.getCount()) {
            broken(
                    from.endpoint(),
                    Errors.unknown(
                            from.endpoint() + ": acknowledged offsets " + ok.getFirstOffset() + " to "
                                    + ok.getNextOffset() + " for a batch of " + head.batch.getCount(),
                            null),
                    "");
            return;
        }
        router.leads(from.endpoint());
        attempt = 0;
        hops = 0;
        failures.clear();
        Appended appended = new Appended(
                ok.getFirstOffset(), ok.getNextOffset(), Instant.ofEpochMilli(ok.getTimestampMs()), ok.getDuplicate());
        pending.removeHead();
        completions.add(() -> head.future.complete(appended));
        settled();
    }

    /**
     * The head's answer is a refusal. What it says of the batches after the head hangs on the head alone: a node takes a batch
     * only when it has taken the one before it in the same epoch.
     *
     * <ul>
     *   <li>To be tried again: all are sent again, in order, with the same numbers.
     *   <li>For good, and the head is certainly not applied (no attempt of it is in doubt, nor is this one): its place in the
     *       epoch stays empty for ever. So nothing after it was taken in this epoch or ever will be, not even by an attempt whose
     *       answer was lost; nor does an old attempt count beside a new epoch. All go on in a new epoch.
     *   <li>For good, and the head may be applied (an earlier attempt is in doubt and the log has forgotten this producer, or the
     *       refusal itself does not know): each batch after it that was ever sent may be applied as well. Under a new number it
     *       would be appended a second time, so its outcome is unknown. What was never sent goes on, as another producer: the old
     *       one's place is not known.
     * </ul>
     */
    private void refused(AppendCall from, PendingBatch head, ErrorDetail detail) {
        WalnutException refusal = Errors.of(detail);
        boolean inDoubt = head.ambiguous || refusal.mayHaveBeenApplied();
        if (refusal.retryable()) {
            broken(from.endpoint(), refusal, detail.getLeaderAddress());
            // Unlike those after it, its answer has come.
            head.ambiguous = inDoubt;
            return;
        }
        if (refusal instanceof WalnutException.OutOfSequence && !inDoubt && head.sequence > 0) {
            // The cluster has forgotten this producer (the log was created anew, or long idle): nothing can be a
            // duplicate.
            failures.add(from.endpoint(), refusal, "");
            restartInNewEpoch();
            return;
        }
        WalnutException failed = inDoubt ? Errors.afterUnknown(refusal) : refusal;
        pending.removeHead();
        if (afterFailure == AfterFailure.STOP) {
            completions.add(() -> head.future.completeExceptionally(failed));
            stop(failed);
            return;
        }
        if (!head.givenUp) {
            completions.add(() -> head.future.completeExceptionally(failed));
        }
        if (inDoubt) {
            giveUpWhatWasSent(failed);
        } else {
            restartInNewEpoch();
        }
        settled();
    }

    private void giveUpWhatWasSent(WalnutException cause) {
        pending.takeBack(stream != null && stream.sent());
        hangUp();
        for (PendingBatch batch : pending.startAnewWithoutAmbiguous()) {
            if (!batch.givenUp) {
                WalnutException own = dependent(cause, true);
                completions.add(() -> batch.future.completeExceptionally(own));
            }
        }
    }

    private void restartInNewEpoch() {
        hangUp();
        pending.restartInNewEpoch();
    }

    @Override
    public void ended(AppendCall from, WalnutException failed, String leaderAddress) {
        lock.lock();
        try {
            if (from != stream) {
                return;
            }
            if (!pending.hasInFlight()) {
                stream = null;
                transport.failed(from.endpoint());
                router.failed(from.endpoint(), leaderAddress);
            } else if (failed.retryable()) {
                broken(from.endpoint(), failed, leaderAddress);
            } else {
                stream = null;
                pending.takeBack(from.sent());
                stop(failed);
                if (afterFailure == AfterFailure.CONTINUE) {
                    failure = null;
                }
            }
            pump();
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    /** The stream is no more; everything unanswered is sent again, after a pause, to whoever leads then. */
    private void broken(String endpoint, WalnutException cause, String leaderAddress) {
        AppendCall open = stream;
        boolean sent = open != null && open.sent();
        pending.takeBack(sent);
        hangUp();
        failures.add(endpoint, cause, leaderAddress);
        boolean redirected = Redirect.after(cause, leaderAddress, endpoint, router, transport);
        if (redirected && hops++ < Redirect.MAX_HOPS) {
            return;
        }
        hops = 0;
        waiting = true;
        try {
            ScheduledFuture<?> unused = timer.schedule(this::resume, Backoff.millis(attempt++), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            stop(Errors.unavailable("log '" + log + "': the client was closed", e));
        }
    }

    private void resume() {
        lock.lock();
        try {
            waiting = false;
            expire(deadline -> !deadline.leavesAnAttemptAfter(0));
            pump();
        } finally {
            lock.unlock();
            completions.run();
        }
    }

    /** The first batch fails with the cause, those after it because of it; nothing more is taken. */
    private void stop(WalnutException cause) {
        failure = cause;
        boolean streamSent = stream != null && stream.sent();
        boolean first = true;
        for (PendingBatch batch : pending.all()) {
            boolean ambiguous = batch.ambiguous || (streamSent && pending.isInFlight(batch));
            WalnutException own =
                    first && (cause.mayHaveBeenApplied() || !ambiguous) ? cause : dependent(cause, ambiguous);
            first = false;
            if (!batch.givenUp) {
                completions.add(() -> batch.future.completeExceptionally(own));
            }
        }
        pending.startAnew();
        hangUp();
        settled();
    }

    private WalnutException dependent(WalnutException cause, boolean ambiguous) {
        String message = "append to log '" + log + "': a batch before it failed: " + cause.getMessage();
        return ambiguous ? Errors.unknown(message, cause) : Errors.unavailable(message, cause);
    }

    private void settled() {
        idleSinceNanos = System.nanoTime();
        changed.signalAll();
    }
}
