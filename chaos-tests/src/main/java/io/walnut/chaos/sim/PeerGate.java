package io.walnut.chaos.sim;

import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor.MethodType;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the port on which a node hears the others: what comes in, and what is answered, meets the fate that the network has
 * for it. The nodes do not notice; they run the transport and the log appender that they run everywhere.
 */
final class PeerGate implements ServerInterceptor {
    private final String self;
    private final SimNet net;
    private final Later later;

    PeerGate(String self, SimNet net, Later later) {
        this.self = self;
        this.net = net;
        this.later = later;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
            return new GatedCall<>(self, net, later, call, next, headers).listener();
        }
        return new GatedStream<>(self, net, later, call, next, headers).listener();
    }

    /** Id of the node that sent this; null when no node sends such a thing. */
    static @Nullable String sender(Object message) {
        RaftRpcRequestProto request = switch (message) {
            case AppendEntriesRequestProto append -> append.getServerRequest();
            case RequestVoteRequestProto vote -> vote.getServerRequest();
            case ReadIndexRequestProto read -> read.getServerRequest();
            case InstallSnapshotRequestProto snapshot -> snapshot.getServerRequest();
            case StartLeaderElectionRequestProto election -> election.getServerRequest();
            default -> null;
        };
        return request == null ? null : request.getRequestorId().toStringUtf8();
    }
}
