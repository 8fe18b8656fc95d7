package io.walnut.node.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/** Cuts one member of a cluster off, and holds back what the others answer to one member's appends. Thread-safe. */
final class MessageGate {
    private final List<Runnable> held = new ArrayList<>();
    private String cutOff = "";
    private long lastMessage = System.nanoTime();
    private String unanswered = "";

    /** Requests to and from this member are lost; answers to earlier ones are not. */
    synchronized void cutOff(String member) {
        cutOff = member;
    }

    /** Appends of this member are taken, and the answers are held back. */
    synchronized void holdAnswersTo(String member) {
        unanswered = member;
    }

    /** Whether no message has come, and none was answered, for that long. */
    synchronized boolean isQuietFor(Duration time) {
        return System.nanoTime() - lastMessage > time.toNanos();
    }

    synchronized int held() {
        return held.size();
    }

    /** Those held back arrive, and those to come do. */
    synchronized void release() {
        unanswered = "";
        held.forEach(Runnable::run);
        held.clear();
    }

    synchronized void heal() {
        cutOff = "";
        release();
    }

    private synchronized boolean isLost(@Nullable String sender, String receiver) {
        lastMessage = System.nanoTime();
        return sender != null && (sender.equals(cutOff) || receiver.equals(cutOff));
    }

    private synchronized void answer(@Nullable String to, Runnable answer) {
        lastMessage = System.nanoTime();
        if (to != null && to.equals(unanswered)) {
            held.add(answer);
        } else {
            answer.run();
        }
    }

    /** To stand before the port of this member. */
    ServerInterceptor of(String member) {
        return new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                Answers<Q, R> answers = new Answers<>(call);
                return new SimpleForwardingServerCallListener<>(next.startCall(answers, headers)) {
                    @Override
                    public void onMessage(Q message) {
                        if (isLost(sender(message), member)) {
                            call.request(1);
                        } else {
                            if (message instanceof AppendEntriesRequestProto) {
                                answers.to = sender(message);
                            }
                            super.onMessage(message);
                        }
                    }
                };
            }
        };
    }

    private final class Answers<Q, R> extends SimpleForwardingServerCall<Q, R> {
        /** Whose appends these are; null for other calls. */
        private volatile @Nullable String to;

        Answers(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void sendMessage(R message) {
            answer(to, () -> super.sendMessage(message));
        }
    }

    private static @Nullable String sender(Object message) {
        RaftRpcRequestProto request = switch (message) {
            case AppendEntriesRequestProto append -> append.getServerRequest();
            case RequestVoteRequestProto vote -> vote.getServerRequest();
            case ReadIndexRequestProto read -> read.getServerRequest();
            default -> null;
        };
        return request == null ? null : request.getRequestorId().toStringUtf8();
    }
}
