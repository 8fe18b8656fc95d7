package io.walnut.node.rpc;

import io.grpc.stub.StreamObserver;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StatusResponse;

/** What this node knows of its cluster, over gRPC. */
final class ClusterService extends ClusterServiceGrpc.ClusterServiceImplBase {
    private final NodeLogs logs;

    ClusterService(NodeLogs logs) {
        this.logs = logs;
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> client) {
        client.onNext(logs.status());
        client.onCompleted();
    }
}
