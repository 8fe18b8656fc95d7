package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network.Link;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A stream of messages of one node, and of the answers to it.
 *
 * <p>Entries and heartbeats may overtake each other and arrive twice, which a connection would not do to them: Raft promises to bear
 * it. The pieces of a snapshot may not, since nothing promises that. A message that is lost tears the stream, as it would tear a
 * connection: nothing that follows it arrives, and both ends learn of it as soon as neither direction is cut.
 */
final class GatedStream<Q, R> {
    private static final String SNAPSHOT = "installSnapshot";
    private static final Duration TELL_AGAIN = Duration.ofMillis(50);

    private final String self;
    private final SimNet net;
    private final Later later;
    private final ServerCall<Q, R> call;
    private final ServerCall.Listener<Q> service;
    private final Lane requests;
    private final Lane answers;
    private final AtomicBoolean torn = new AtomicBoolean();

    /** Owned by the lane of the answers. */
    private boolean closed;

    /** Null before the first request. */
    private volatile @Nullable String sender;

    GatedStream(
            String self,
            SimNet net,
            Later later,
            ServerCall<Q, R> call,
            ServerCallHandler<Q, R> next,
            Metadata headers) {
        boolean inOrder = SNAPSHOT.equals(call.getMethodDescriptor().getBareMethodName());
        this.self = self;
        this.net = net;
        this.later = later;
        this.call = call;
        this.requests = new Lane(net, later, inOrder, this::tear);
        this.answers = new Lane(net, later, inOrder, this::tear);
        this.service = next.startCall(new Answers(), headers);
    }

    ServerCall.Listener<Q> listener() {
        return new Requests();
    }

    private @Nullable Link there() {
        String other = sender;
        return other == null ? null : new Link(other, self);
    }

    private @Nullable Link back() {
        String other = sender;
        return other == null ? null : new Link(self, other);
    }

    private void tear() {
        if (torn.compareAndSet(false, true)) {
            requests.shut();
            answers.shut();
            tell();
        }
    }

    private void tell() {
        Link there = there();
        Link back = back();
        if (call.isCancelled()) {
            return;
        }
        if (there == null
                || back == null
                || net.next(there).isEmpty()
                || net.next(back).isEmpty()) {
            later.run(TELL_AGAIN, this::tell);
            return;
        }
        requests.tell(service::onCancel);
        answers.tell(() -> close(Status.UNAVAILABLE.withDescription("a message was lost"), new Metadata()));
    }

    private void close(Status status, Metadata trailers) {
        if (!closed) {
            closed = true;
            call.close(status, trailers);
        }
    }

    private final class Requests extends SimpleForwardingServerCallListener<Q> {
        Requests() {
            super(service);
        }

        @Override
        public void onMessage(Q message) {
            sender = PeerGate.sender(message);
            if (!requests.send(there(), () -> super.onMessage(message))) {
                call.request(1); // the service asks for the next one when it has this one, which is later, or never
            }
        }

        @Override
        public void onHalfClose() {
            requests.end(null, super::onHalfClose);
        }

        @Override
        public void onCancel() {
            if (!torn.get()) {
                requests.tell(super::onCancel);
            }
        }
    }

    private final class Answers extends SimpleForwardingServerCall<Q, R> {
        Answers() {
            super(call);
        }

        @Override
        public void sendMessage(R message) {
            answers.send(back(), () -> {
                if (!closed) {
                    super.sendMessage(message);
                }
            });
        }

        @Override
        public void close(Status status, Metadata trailers) {
            answers.end(back(), () -> GatedStream.this.close(status, trailers));
        }
    }
}
