package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network.Link;
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
 * it. The pieces of a snapshot may not, since nothing promises that; when one is lost the stream is torn, and nobody is told.
 */
final class GatedStream<Q, R> {
    private static final String SNAPSHOT = "installSnapshot";

    private final String self;
    private final ServerCall<Q, R> call;
    private final Lane requests;
    private final Lane answers;

    /** Of the answers; null before the first request. */
    private volatile @Nullable Link back;

    GatedStream(String self, SimNet net, Later later, ServerCall<Q, R> call) {
        boolean inOrder = SNAPSHOT.equals(call.getMethodDescriptor().getBareMethodName());
        this.self = self;
        this.call = call;
        this.requests = new Lane(net, later, inOrder);
        this.answers = new Lane(net, later, inOrder);
    }

    ServerCall.Listener<Q> listener(ServerCallHandler<Q, R> next, Metadata headers) {
        return new Requests(next.startCall(new Answers(), headers));
    }

    private final class Requests extends SimpleForwardingServerCallListener<Q> {
        Requests(ServerCall.Listener<Q> service) {
            super(service);
        }

        @Override
        public void onMessage(Q message) {
            String sender = PeerGate.sender(message);
            Link link = sender == null ? null : new Link(sender, self);
            back = sender == null ? null : new Link(self, sender);
            if (!requests.send(link, () -> super.onMessage(message))) {
                call.request(1); // the service asks for the next one when it has this one, which is later, or never
            }
        }

        @Override
        public void onHalfClose() {
            requests.end(null, super::onHalfClose);
        }

        @Override
        public void onCancel() {
            requests.tell(super::onCancel);
        }
    }

    private final class Answers extends SimpleForwardingServerCall<Q, R> {
        Answers() {
            super(call);
        }

        @Override
        public void sendMessage(R message) {
            answers.send(back, () -> super.sendMessage(message));
        }

        @Override
        public void close(Status status, Metadata trailers) {
            answers.end(back, () -> super.close(status, trailers));
        }
    }
}
