package io.walnut.node.raft;

import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/**
 * The request of a leader whose entries the running thread is taking.
 *
 * <p>Ratis checks a request under the division's lock, lets go of that, and then gives the log nothing but the entries. A
 * thread that stands still between the two, as behind a disk that stalls, may take entries of a leader that has been
 * deposed meanwhile: acknowledge to it what the new leader does not have, or cut off what was acknowledged to the new one. So
 * the log checks again ({@link WalRaftLog}), and this is how it gets to know what.
 *
 * @param term of the leader
 * @param previous the entry before the first, as the leader has it; null when the leader names none
 */
record LeaderRequest(long term, @Nullable TermIndex previous) {
    private static final ThreadLocal<LeaderRequest> RUNNING = new ThreadLocal<>();

    /** That of the running thread, if it came through {@link #INTERCEPTOR}. */
    static @Nullable LeaderRequest running() {
        return RUNNING.get();
    }

    void run(Runnable task) {
        RUNNING.set(this);
        try {
            task.run();
        } finally {
            RUNNING.remove();
        }
    }

    private static LeaderRequest of(AppendEntriesRequestProto request) {
        // Before the first entry of all Ratis names none, or one of term 0.
        TermIndex previous = TermIndex.valueOf(request.getPreviousLog());
        return new LeaderRequest(request.getLeaderTerm(), previous.getTerm() > 0 ? previous : null);
    }

    /** For the server that the other members call. */
    static final ServerInterceptor INTERCEPTOR = new ServerInterceptor() {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
                @Override
                public void onMessage(Q message) {
                    if (message instanceof AppendEntriesRequestProto request) {
                        of(request).run(() -> super.onMessage(message));
                    } else {
                        super.onMessage(message);
                    }
                }
            };
        }
    };
}
