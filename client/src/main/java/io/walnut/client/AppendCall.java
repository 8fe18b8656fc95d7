package io.walnut.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendStreamResponse;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.LogServiceGrpc;
import org.jspecify.annotations.Nullable;

/** One stream of appends to one node. */
final class AppendCall implements ClientResponseObserver<AppendRequest, AppendStreamResponse> {
    /** Hears what comes back, in order, in threads of the transport. */
    interface Listener {
        void answered(AppendCall from, AppendStreamResponse response);

        /**
         * The stream is no more.
         *
         * @param leaderAddress whom the node takes for the leader; empty when it did not say
         */
        void ended(AppendCall from, WalnutException failed, String leaderAddress);
    }

    private final String endpoint;
    private final Listener listener;
    private final SentTracer tracer = new SentTracer();
    private @Nullable ClientCallStreamObserver<AppendRequest> requests;

    AppendCall(String endpoint, Channel channel, Listener listener) {
        this.endpoint = endpoint;
        this.listener = listener;
        ClientCalls.asyncBidiStreamingCall(
                channel.newCall(LogServiceGrpc.getAppendStreamMethod(), tracer.on(CallOptions.DEFAULT)), this);
    }

    String endpoint() {
        return endpoint;
    }

    /** Whether anything may have left this machine. */
    boolean sent() {
        return tracer.sent();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<AppendRequest> requestStream) {
        requests = requestStream;
    }

    void send(AppendRequest request) {
        ClientCallStreamObserver<AppendRequest> open = requests;
        if (open != null) {
            open.onNext(request);
        }
    }

    void cancel() {
        ClientCallStreamObserver<AppendRequest> open = requests;
        if (open != null) {
            open.cancel("given up", null);
        }
    }

    @Override
    public void onNext(AppendStreamResponse response) {
        listener.answered(this, response);
    }

    @Override
    public void onError(Throwable failed) {
        Status status = Status.fromThrowable(failed);
        Metadata trailers = failed instanceof StatusRuntimeException e
                ? e.getTrailers()
                : failed instanceof StatusException e ? e.getTrailers() : null;
        ErrorDetail detail = trailers == null ? null : trailers.get(Errors.TRAILER);
        listener.ended(
                this,
                Errors.of(status, trailers, tracer.sent(), endpoint),
                detail == null ? "" : detail.getLeaderAddress());
    }

    @Override
    public void onCompleted() {
        listener.ended(this, Errors.unknown(endpoint + ": ended the stream", null), "");
    }
}
