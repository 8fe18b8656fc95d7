package io.walnut.client;

import io.grpc.CallOptions;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.Member;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StatusResponse;
import java.util.concurrent.TimeUnit;

/** Asks a node once who else there is, so that the client survives the loss of the nodes it was given. */
final class MemberDiscovery {
    private static final long TIMEOUT_SECONDS = 5;

    private final Transport transport;
    private final Router router;

    MemberDiscovery(Transport transport, Router router) {
        this.transport = transport;
        this.router = router;
    }

    /** Returns at once; a failure is not worth a word: the calls themselves will meet it. */
    void start() {
        ClientCalls.asyncUnaryCall(
                transport
                        .channel(router.target())
                        .newCall(
                                ClusterServiceGrpc.getStatusMethod(),
                                CallOptions.DEFAULT.withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)),
                StatusRequest.getDefaultInstance(),
                new StreamObserver<StatusResponse>() {
                    @Override
                    public void onNext(StatusResponse status) {
                        for (Member member : status.getMembersList()) {
                            router.learn(member.getClientAddress());
                        }
                    }

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onCompleted() {}
                });
    }
}
