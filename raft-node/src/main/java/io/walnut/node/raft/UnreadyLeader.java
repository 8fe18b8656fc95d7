package io.walnut.node.raft;

import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.impl.ReadConfirmations;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Refuses linearizable reads while this member leads and the first entry of its term is not yet applied. Ratis lets them wait, and
 * takes the commit of that entry for a confirmation; but the answers that commit it may be older than the read, as those that
 * {@link ReadConfirmations} does not count. A leader that is elected after the check makes its first entry after the read began: that
 * one does confirm the read. Thread-safe.
 */
final class UnreadyLeader implements ServerInterceptor {
    private static final String READ_INDEX = "readIndex";

    private volatile RaftServer.@Nullable Division division;

    /** To be called before the member starts; until then all reads are refused. */
    void watch(RaftServer.Division watched) {
        division = watched;
    }

    boolean refusesReads() {
        RaftServer.@Nullable Division watched = division;
        return watched == null || ReadConfirmations.isUnreadyLeader(watched);
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (READ_INDEX.equals(call.getMethodDescriptor().getBareMethodName()) && refusesReads()) {
            call.close(Status.UNAVAILABLE.withDescription("elected, and not yet ready to lead"), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
