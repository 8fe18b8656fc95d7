package io.walnut.client;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.AppendStreamResponse;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.ProducerStamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
 * for good, the sequence numbers behind it can never be accepted: those batches start again in a new epoch. Thread-safe; one
 * lock, never held while a future completes.
 */
final class AppendPipeline {
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
    private final ArrayDeque<PendingBatch> unsent = new ArrayDeque<>();
    private final ArrayDeque<PendingBatch> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Runnable> completions = new ArrayDeque<>();
    private boolean completing;
    private long pendingBytes;
    private long producerId = newProducerId();
    private int epoch = 1;
    private long nextSequence;
    private @Nullable AppendCall stream;
    private boolean waiting;
    private int attempt;
    private int hops;
    private long idleSinceNanos = System.nanoTime();
    private @Nullable WalnutException last;
    private @Nullable WalnutException failure;
    private boolean closed;

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
        Deadline end = Deadline.in(deadline);
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
            PendingBatch pending = new PendingBatch(batch, end);
            pending.sequence = nextSequence;
            nextSequence += batch.getCount();
            pendingBytes += pending.bytes();
            unsent.add(pending);
            pump();
            return pending.future;
        } finally {
            lock.unlock();
            complete();
        }
    }

    private void awaitRoom(int bytes, Deadline end) {
        while (failure == null && !closed && !hasRoom(bytes)) {
            long remaining = end.remainingNanos();
            if (remaining <= 0) {
                throw Errors.overloaded("log '" + log + "': " + size() + " batches with " + pendingBytes
                        + " bytes are in flight; no room within the deadline");
            }
            try {
                changed.awaitNanos(remaining);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Errors.unavailable("log '" + log + "': interrupted while waiting for room in flight", e);
            }
        }
    }

    private boolean hasRoom(int bytes) {
        int size = size();
        return size == 0 || (size < options.maxBatchesInFlight() && pendingBytes + bytes <= options.maxBytesInFlight());
    }

    private int size() {
        return unsent.size() + inFlight.size();
    }

    /** True when nothing is in flight. */
    boolean isIdle() {
        lock.lock();
        try {
            return size() == 0;
        } finally {
            lock.unlock();
        }
    }

    /** The failure that has stopped this pipeline, if one has. */
    @Nullable
    WalnutException failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until every batch has come to its end. */
    void awaitIdle() {
        lock.lock();
        try {
            while (size() > 0 || completing || !completions.isEmpty()) {
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Errors.unknown("log '" + log + "': interrupted while batches were in flight", e);
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more. What is in flight is given up: sent batches have an unknown outcome. */
    void close() {
        lock.lock();
        try {
            closed = true;
            if (size() > 0) {
                boolean sent = stream != null && stream.tracer.sent();
                boolean open =
                        (sent && !inFlight.isEmpty()) || everything().stream().anyMatch(batch -> batch.ambiguous);
                String message = "log '" + log + "': the client was closed";
                stop(open ? Errors.unknown(message, null) : Errors.unavailable(message, null));
            }
            hangUp();
            changed.signalAll();
        } finally {
            lock.unlock();
            complete();
        }
    }

    /** Closes when nothing has happened for a while; true when closed. */
    boolean closeIfIdle(long idleNanos) {
        lock.lock();
        try {
            if (size() > 0 || System.nanoTime() - idleSinceNanos < idleNanos) {
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
            PendingBatch oldest = inFlight.peek();
            if (oldest != null && System.nanoTime() - oldest.sentAtNanos > attemptTimeout.toNanos()) {
                AppendCall open = stream;
                String endpoint = open == null ? "?" : open.endpoint;
                broken(
                        endpoint,
                        Errors.unknown(endpoint + ": no answer within " + attemptTimeout.toMillis() + " ms", null),
                        "");
            }
            expire();
            pump();
        } finally {
            lock.unlock();
            complete();
        }
    }

    private void expire() {
        boolean streamSent = stream != null && stream.tracer.sent();
        boolean live = false;
        boolean dropped = false;
        boolean behindUnknown = false;
        for (PendingBatch batch : everything()) {
            if (!batch.givenUp && batch.deadline.passed()) {
                // What stands behind a batch of unknown outcome keeps its place, is sent again with it, and so may yet
                // be applied.
                boolean unknown = behindUnknown || batch.ambiguous || (streamSent && inFlight.contains(batch));
                WalnutException expired =
                        Errors.deadline(unknown, last, batch.deadline.of(), "append to log '" + log + "'");
                if (afterFailure == AfterFailure.STOP) {
                    stop(expired);
                    return;
                }
                completions.add(() -> batch.future.completeExceptionally(expired));
                if (unknown) {
                    batch.givenUp = true;
                } else {
                    dropped |= inFlight.remove(batch) || unsent.remove(batch);
                    pendingBytes -= batch.bytes();
                    continue;
                }
            }
            live |= !batch.givenUp;
            behindUnknown |= batch.givenUp;
        }
        if (dropped) {
            restartInNewEpoch();
            settled();
        }
        if (!live && size() > 0) {
            // Nobody waits for any of them: forget them, and let no later batch depend on them.
            unsent.clear();
            inFlight.clear();
            hangUp();
            startAnew();
            settled();
        }
    }

    private List<PendingBatch> everything() {
        List<PendingBatch> all = new ArrayList<>(inFlight);
        all.addAll(unsent);
        return all;
    }

    private void startAnew() {
        producerId = newProducerId();
        epoch = 1;
        nextSequence = 0;
        pendingBytes = 0;
        for (PendingBatch batch : unsent) {
            batch.sequence = nextSequence;
            nextSequence += batch.batch.getCount();
            pendingBytes += batch.bytes();
        }
    }

    private void pump() {
        if (waiting || closed || unsent.isEmpty()) {
            return;
        }
        if (stream == null) {
            stream = new AppendCall(router.target());
        }
        AppendCall open = stream;
        for (PendingBatch batch = unsent.poll(); batch != null; batch = unsent.poll()) {
            batch.sentAtNanos = System.nanoTime();
            inFlight.add(batch);
            open.send(batch);
        }
    }

    private void answered(AppendCall from, AppendStreamResponse response) {
        lock.lock();
        try {
            if (from != stream) {
                return;
            }
            PendingBatch head = inFlight.peek();
            if (head == null) {
                broken(
                        from.endpoint,
                        Errors.internal(from.endpoint + ": an answer that nothing was sent for", null),
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
            complete();
        }
    }

    private void acknowledged(AppendCall from, PendingBatch head, AppendResponse ok) {
        if (ok.getNextOffset() - ok.getFirstOffset() != head.batch.getCount()) {
            broken(
                    from.endpoint,
                    Errors.unknown(
                            from.endpoint + ": acknowledged offsets " + ok.getFirstOffset() + " to "
                                    + ok.getNextOffset() + " for a batch of " + head.batch.getCount(),
                            null),
                    "");
            return;
        }
        router.leads(from.endpoint);
        attempt = 0;
        hops = 0;
        last = null;
        Appended appended = new Appended(
                ok.getFirstOffset(), ok.getNextOffset(), Instant.ofEpochMilli(ok.getTimestampMs()), ok.getDuplicate());
        inFlight.remove();
        pendingBytes -= head.bytes();
        completions.add(() -> head.future.complete(appended));
        PendingBatch nextHead = inFlight.peek();
        if (nextHead != null) {
            // Answers come in order: the wait for the next one begins now.
            nextHead.sentAtNanos = System.nanoTime();
        }
        settled();
    }

    private void refused(AppendCall from, PendingBatch head, ErrorDetail detail) {
        WalnutException refusal = Errors.of(detail);
        if (refusal.retryable()) {
            boolean ambiguous = head.ambiguous || refusal.mayHaveBeenApplied();
            broken(from.endpoint, refusal, detail.getLeaderAddress());
            // Unlike those behind it, its answer has come.
            head.ambiguous = ambiguous;
            return;
        }
        if (refusal instanceof WalnutException.OutOfSequence && !head.ambiguous && head.sequence > 0) {
            // The cluster has forgotten this producer (the log was created anew, or long idle): nothing can be a
            // duplicate.
            last = refusal;
            restartInNewEpoch();
            return;
        }
        WalnutException failed = head.ambiguous ? Errors.afterUnknown(refusal) : refusal;
        if (afterFailure == AfterFailure.STOP) {
            inFlight.remove();
            pendingBytes -= head.bytes();
            completions.add(() -> head.future.completeExceptionally(failed));
            stop(failed);
            return;
        }
        inFlight.remove();
        pendingBytes -= head.bytes();
        if (!head.givenUp) {
            completions.add(() -> head.future.completeExceptionally(failed));
        }
        restartInNewEpoch();
        settled();
    }

    /** Every batch that is still here is certainly not applied: give them sequence numbers that can be accepted. */
    private void restartInNewEpoch() {
        hangUp();
        takeBack();
        epoch++;
        nextSequence = 0;
        for (PendingBatch batch : unsent) {
            batch.sequence = nextSequence;
            batch.ambiguous = false;
            nextSequence += batch.batch.getCount();
        }
    }

    private void takeBack() {
        for (PendingBatch batch = inFlight.pollLast(); batch != null; batch = inFlight.pollLast()) {
            unsent.addFirst(batch);
        }
    }

    private void ended(AppendCall from, WalnutException failed, String leaderAddress) {
        lock.lock();
        try {
            if (from != stream) {
                return;
            }
            if (inFlight.isEmpty()) {
                stream = null;
                transport.failed(from.endpoint);
                router.failed(from.endpoint, leaderAddress);
            } else if (failed.retryable()) {
                broken(from.endpoint, failed, leaderAddress);
            } else {
                stream = null;
                stop(failed);
                if (afterFailure == AfterFailure.CONTINUE) {
                    failure = null;
                    startAnew();
                }
            }
            pump();
        } finally {
            lock.unlock();
            complete();
        }
    }

    /** The stream is no more; everything unanswered is sent again, after a pause, to whoever leads then. */
    private void broken(String endpoint, WalnutException cause, String leaderAddress) {
        AppendCall open = stream;
        boolean sent = open != null && open.tracer.sent();
        for (PendingBatch batch : inFlight) {
            batch.ambiguous |= sent;
        }
        takeBack();
        hangUp();
        last = cause;
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
            expire();
            pump();
        } finally {
            lock.unlock();
            complete();
        }
    }

    /** The first batch fails with the cause, those after it because of it; nothing more is taken. */
    private void stop(WalnutException cause) {
        failure = cause;
        boolean streamSent = stream != null && stream.tracer.sent();
        boolean first = true;
        for (PendingBatch batch : everything()) {
            boolean ambiguous = batch.ambiguous || (streamSent && inFlight.contains(batch));
            WalnutException own =
                    first && (cause.mayHaveBeenApplied() || !ambiguous) ? cause : behind(cause, ambiguous);
            first = false;
            if (!batch.givenUp) {
                completions.add(() -> batch.future.completeExceptionally(own));
            }
        }
        unsent.clear();
        inFlight.clear();
        pendingBytes = 0;
        hangUp();
        settled();
    }

    private WalnutException behind(WalnutException cause, boolean ambiguous) {
        String message = "append to log '" + log + "': a batch before it failed: " + cause.getMessage();
        return ambiguous ? Errors.unknown(message, cause) : Errors.unavailable(message, cause);
    }

    private void settled() {
        idleSinceNanos = System.nanoTime();
        changed.signalAll();
    }

    /** Completes futures in order, one thread at a time, outside the lock. */
    private void complete() {
        while (true) {
            Runnable next;
            lock.lock();
            try {
                if (completing || completions.isEmpty()) {
                    return;
                }
                completing = true;
                next = completions.remove();
            } finally {
                lock.unlock();
            }
            try {
                next.run();
            } finally {
                lock.lock();
                try {
                    completing = false;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    private static long newProducerId() {
        long id = ThreadLocalRandom.current().nextLong();
        return id == 0 ? 1 : id;
    }

    /** One stream to one node. */
    private final class AppendCall implements ClientResponseObserver<AppendRequest, AppendStreamResponse> {
        final String endpoint;
        final SentTracer tracer = new SentTracer();
        private @Nullable ClientCallStreamObserver<AppendRequest> requests;

        AppendCall(String endpoint) {
            this.endpoint = endpoint;
            ClientCalls.asyncBidiStreamingCall(
                    transport
                            .channel(endpoint)
                            .newCall(LogServiceGrpc.getAppendStreamMethod(), tracer.on(CallOptions.DEFAULT)),
                    this);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<AppendRequest> requestStream) {
            requests = requestStream;
        }

        void send(PendingBatch batch) {
            ClientCallStreamObserver<AppendRequest> open = requests;
            if (open == null) {
                return;
            }
            open.onNext(AppendRequest.newBuilder()
                    .setLog(log)
                    .setBatch(batch.batch)
                    .setProducer(ProducerStamp.newBuilder()
                            .setProducerId(producerId)
                            .setEpoch(epoch)
                            .setSequence(batch.sequence))
                    .build());
        }

        void cancel() {
            ClientCallStreamObserver<AppendRequest> open = requests;
            if (open != null) {
                open.cancel("given up", null);
            }
        }

        @Override
        public void onNext(AppendStreamResponse response) {
            answered(this, response);
        }

        @Override
        public void onError(Throwable failed) {
            Status status = Status.fromThrowable(failed);
            Metadata trailers = failed instanceof StatusRuntimeException e
                    ? e.getTrailers()
                    : failed instanceof StatusException e ? e.getTrailers() : null;
            ErrorDetail detail = trailers == null ? null : trailers.get(Errors.TRAILER);
            ended(
                    this,
                    Errors.of(status, trailers, tracer.sent(), endpoint),
                    detail == null ? "" : detail.getLeaderAddress());
        }

        @Override
        public void onCompleted() {
            ended(this, Errors.unknown(endpoint + ": ended the stream", null), "");
        }
    }
}
