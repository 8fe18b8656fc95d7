package io.walnut.node.rpc;

import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.AppendStreamResponse;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One stream of appends. Answers leave in the order of the requests. A request is taken only while the batches before it are
 * within the node's budget, the unanswered ones are few, and the client reads its answers: else the stream stands still, and
 * HTTP/2's window stops the client.
 */
final class AppendStream implements StreamObserver<AppendRequest> {
    private static final int MAX_UNANSWERED = 256;
    private static final int REQUESTED_AHEAD = 8;

    private final Appends appends;
    private final Errors errors;
    private final ServerCallStreamObserver<AppendStreamResponse> client;
    private final @Nullable Deadline deadline;

    // Guarded by this.
    private final ArrayDeque<CompletableFuture<AppendStreamResponse>> unanswered = new ArrayDeque<>();
    private int withheld;
    private boolean clientHasEnded;

    /** Requests to answer that nobody has looked at; who raises it from 0 answers for all. */
    private final AtomicInteger answerRequests = new AtomicInteger();

    AppendStream(
            Appends appends,
            Errors errors,
            ServerCallStreamObserver<AppendStreamResponse> client,
            @Nullable Deadline deadline) {
        this.appends = appends;
        this.errors = errors;
        this.client = client;
        this.deadline = deadline;
        client.disableAutoRequest();
        client.setOnReadyHandler(this::answer);
        // What is in flight ends by itself and answers nobody.
        client.setOnCancelHandler(() -> {});
        client.request(REQUESTED_AHEAD);
    }

    @Override
    public void onNext(AppendRequest request) {
        CompletableFuture<AppendStreamResponse> response =
                appends.append(request, deadline, this::takeNext).handle(this::response);
        synchronized (this) {
            unanswered.add(response);
        }
        CompletableFuture<?> _ = response.thenRun(this::answer);
    }

    private AppendStreamResponse response(@Nullable AppendResponse ok, @Nullable Throwable failure) {
        AppendStreamResponse.Builder response = AppendStreamResponse.newBuilder();
        if (failure != null) {
            response.setError(errors.detail(failure));
        } else if (ok != null) {
            response.setOk(ok);
        }
        return response.build();
    }

    private void takeNext() {
        synchronized (this) {
            if (unanswered.size() >= MAX_UNANSWERED || !client.isReady()) {
                withheld++;
                return;
            }
        }
        client.request(1);
    }

    /** Sends the answers that are next in order. Called by the applying thread among others: never blocks. */
    private void answer() {
        if (answerRequests.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            for (AppendStreamResponse next = next(); next != null; next = next()) {
                client.onNext(next);
            }
            resume();
            seen = answerRequests.addAndGet(-seen);
        } while (seen != 0);
    }

    private synchronized @Nullable AppendStreamResponse next() {
        CompletableFuture<AppendStreamResponse> head = unanswered.peek();
        if (head == null || !head.isDone() || client.isCancelled() || !client.isReady()) {
            return null;
        }
        unanswered.remove();
        return head.join();
    }

    private void resume() {
        int request = 0;
        boolean ended;
        synchronized (this) {
            if (unanswered.size() < MAX_UNANSWERED && client.isReady()) {
                request = withheld;
                withheld = 0;
            }
            ended = clientHasEnded && unanswered.isEmpty();
            clientHasEnded &= !ended;
        }
        if (client.isCancelled()) {
            return;
        }
        if (request > 0) {
            client.request(request);
        }
        if (ended) {
            client.onCompleted();
        }
    }

    @Override
    public void onError(Throwable failure) {
        // The client has gone; what is in flight ends by itself.
    }

    @Override
    public void onCompleted() {
        synchronized (this) {
            clientHasEnded = true;
        }
        answer();
    }
}
