package io.walnut.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One server stream, pulled: at most a few messages wait here; while nobody pulls, the node waits. */
final class MessageStream<Q, R> implements ClientResponseObserver<Q, R>, AutoCloseable {
    private static final int AHEAD = 4;

    /** What came: a message, or the end, with its failure unless it was an orderly one. */
    record Event<R>(@Nullable R message, @Nullable Throwable failure) {
        boolean isEnd() {
            return message == null;
        }
    }

    private final BlockingQueue<Event<R>> events = new LinkedBlockingQueue<>();
    private volatile @Nullable ClientCallStreamObserver<Q> call;

    static <Q, R> MessageStream<Q, R> open(Channel channel, MethodDescriptor<Q, R> method, Q request) {
        MessageStream<Q, R> stream = new MessageStream<>();
        ClientCalls.asyncServerStreamingCall(channel.newCall(method, CallOptions.DEFAULT), request, stream);
        return stream;
    }

    /** The next event; null when none came in time. */
    @Nullable
    Event<R> poll(long nanos) throws InterruptedException {
        Event<R> event = events.poll(nanos, TimeUnit.NANOSECONDS);
        ClientCallStreamObserver<Q> open = call;
        if (event != null && !event.isEnd() && open != null) {
            open.request(1);
        }
        return event;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> requestStream) {
        requestStream.disableAutoRequestWithInitial(AHEAD);
        call = requestStream;
    }

    @Override
    public void onNext(R message) {
        events.add(new Event<>(message, null));
    }

    @Override
    public void onError(Throwable failure) {
        events.add(new Event<>(null, failure));
    }

    @Override
    public void onCompleted() {
        events.add(new Event<>(null, null));
    }

    @Override
    public void close() {
        ClientCallStreamObserver<Q> open = call;
        if (open != null) {
            open.cancel("closed by the reader", Status.CANCELLED.asException());
        }
        events.add(new Event<>(null, Status.CANCELLED.asException()));
    }
}
