package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network.Link;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One request of a node, and its answer: a vote, or where to read. A request that arrives twice is served twice; the answer to the
 * second time goes nowhere, as nobody waits for it. Who loses one waits until his deadline.
 */
final class GatedCall<Q, R> {
    private final String self;
    private final SimNet net;
    private final Later later;
    private final ServerCall<Q, R> call;
    private final ServerCallHandler<Q, R> next;
    private final Metadata headers;

    /** What the caller does reaches the service in order; the answer goes its own way. */
    private final Serial arrivals = new Serial();

    private volatile @Nullable String sender;

    GatedCall(
            String self,
            SimNet net,
            Later later,
            ServerCall<Q, R> call,
            ServerCallHandler<Q, R> next,
            Metadata headers) {
        this.self = self;
        this.net = net;
        this.later = later;
        this.call = call;
        this.next = next;
        this.headers = headers;
    }

    ServerCall.Listener<Q> listener() {
        return new Request(next.startCall(new Answer(), headers));
    }

    private List<Duration> fate(boolean there) {
        String other = sender;
        return other == null ? List.of(Duration.ZERO) : net.next(there ? new Link(other, self) : new Link(self, other));
    }

    private final class Request extends SimpleForwardingServerCallListener<Q> {
        private @Nullable Q message;

        Request(ServerCall.Listener<Q> service) {
            super(service);
        }

        @Override
        public void onMessage(Q request) {
            message = request;
            sender = PeerGate.sender(request);
        }

        @Override
        public void onHalfClose() {
            Q request = message;
            List<Duration> copies = fate(true);
            for (int i = 0; i < copies.size(); i++) {
                ServerCall.Listener<Q> service = i == 0 ? delegate() : next.startCall(new Nobody(), headers);
                later.run(
                        copies.get(i),
                        () -> arrivals.run(() -> {
                            if (request != null) {
                                service.onMessage(request);
                            }
                            service.onHalfClose();
                        }));
            }
        }

        @Override
        public void onCancel() {
            arrivals.run(super::onCancel);
        }
    }

    private final class Answer extends SimpleForwardingServerCall<Q, R> {
        private @Nullable Metadata head;
        private @Nullable R message;

        Answer() {
            super(call);
        }

        @Override
        public void sendHeaders(Metadata metadata) {
            head = metadata;
        }

        @Override
        public void sendMessage(R answer) {
            message = answer;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            fate(false).stream().limit(1).forEach(copy -> later.run(copy, () -> answer(status, trailers)));
        }

        private void answer(Status status, Metadata trailers) {
            R answer = message;
            if (answer != null) {
                super.sendHeaders(Objects.requireNonNullElseGet(head, Metadata::new));
                super.sendMessage(answer);
            }
            super.close(status, trailers);
        }
    }

    /** The caller of the second of two equal requests. */
    private final class Nobody extends SimpleForwardingServerCall<Q, R> {
        Nobody() {
            super(call);
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata metadata) {}

        @Override
        public void sendMessage(R answer) {}

        @Override
        public void close(Status status, Metadata trailers) {}
    }
}
