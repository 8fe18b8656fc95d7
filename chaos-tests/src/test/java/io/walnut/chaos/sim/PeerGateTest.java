package io.walnut.chaos.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.Await;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the node n2 hears of n1, and n1 of its answers, through calls of which only the two ends are made up. */
class PeerGateTest {
    private static final Link THERE = new Link("n1", "n2");
    private static final Link BACK = new Link("n2", "n1");
    private static final RaftRpcRequestProto FROM_N1 = RaftRpcRequestProto.newBuilder()
            .setRequestorId(ByteString.copyFromUtf8("n1"))
            .build();
    private static final RequestVoteRequestProto VOTE =
            RequestVoteRequestProto.newBuilder().setServerRequest(FROM_N1).build();
    private static final AppendEntriesRequestProto APPEND =
            AppendEntriesRequestProto.newBuilder().setServerRequest(FROM_N1).build();

    private final SimNet net = new SimNet(1);
    private final Later later = new Later();
    private final PeerGate gate = new PeerGate("n2", net, later);

    /** What n2 got, and what n1 did. */
    private final List<String> served = new CopyOnWriteArrayList<>();

    private final List<String> answered = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        later.close();
    }

    /** The end at n1. */
    private final class Caller<Q, R> extends ServerCall<Q, R> {
        private final MethodDescriptor<Q, R> method;

        Caller(MethodDescriptor<Q, R> method) {
            this.method = method;
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(R message) {
            answered.add("answer");
        }

        @Override
        public void close(Status status, Metadata trailers) {
            answered.add(status.getCode().name());
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<Q, R> getMethodDescriptor() {
            return method;
        }
    }

    /** Opens a call to the end at n2, which answers each message. */
    private <Q, R> ServerCall.Listener<Q> open(MethodDescriptor<Q, R> method, R answer) {
        return gate.interceptCall(new Caller<>(method), new Metadata(), (call, _) -> new ServerCall.Listener<>() {
            @Override
            public void onMessage(Q message) {
                served.add("message");
                call.sendMessage(answer);
            }

            @Override
            public void onHalfClose() {
                served.add("end");
                call.close(Status.OK, new Metadata());
            }

            @Override
            public void onCancel() {
                served.add("cancel");
            }
        });
    }

    private void vote() {
        ServerCall.Listener<RequestVoteRequestProto> call =
                open(RaftServerProtocolServiceGrpc.getRequestVoteMethod(), RequestVoteReplyProto.getDefaultInstance());
        call.onMessage(VOTE);
        call.onHalfClose();
    }

    private ServerCall.Listener<AppendEntriesRequestProto> stream() {
        return open(
                RaftServerProtocolServiceGrpc.getAppendEntriesMethod(), AppendEntriesReplyProto.getDefaultInstance());
    }

    @Test
    void withoutTroubleAVoteIsAskedForAndGiven() {
        vote();
        assertThat(served).containsExactly("message", "end");
        assertThat(answered).containsExactly("answer", "OK");
    }

    @Test
    void aLostRequestIsNotServedAndALostAnswerIsNotHeard() {
        net.set("", Map.of(THERE, new Trouble.Cut()));
        vote();
        assertThat(served).isEmpty();

        net.set("", Map.of(BACK, new Trouble.Cut()));
        vote();
        assertThat(served).containsExactly("message", "end");
        assertThat(answered).isEmpty();
    }

    @Test
    void aDoubledRequestIsServedTwiceAndAnsweredOnce() {
        net.set("", Map.of(THERE, new Trouble.Duplicate(1), BACK, new Trouble.Duplicate(1)));
        vote();
        assertThat(served).containsExactly("message", "end", "message", "end");
        assertThat(answered).containsExactly("answer", "OK");
    }

    @Test
    void aStreamIsServedAndAnsweredMessageByMessage() {
        ServerCall.Listener<AppendEntriesRequestProto> stream = stream();
        stream.onMessage(APPEND);
        net.set("", Map.of(THERE, new Trouble.Duplicate(1)));
        stream.onMessage(APPEND);
        stream.onHalfClose();
        assertThat(served).containsExactly("message", "message", "message", "end");
        assertThat(answered).containsExactly("answer", "answer", "answer", "OK");
    }

    @Test
    void aStreamThatHasLostAMessageIsTornAndBothEndsLearnOfItAfterTheCut() throws Exception {
        ServerCall.Listener<AppendEntriesRequestProto> stream = stream();
        stream.onMessage(APPEND);
        net.set("", Map.of(THERE, new Trouble.Cut()));
        stream.onMessage(APPEND);
        assertThat(served).containsExactly("message");
        assertThat(answered).containsExactly("answer");

        net.heal();
        stream.onMessage(APPEND);
        Await.until("the end of it", () -> answered.size() > 1);
        assertThat(served).containsExactly("message", "cancel");
        assertThat(answered).containsExactly("answer", "UNAVAILABLE");
    }

    @Test
    void anAnswerThatIsLostTearsTheStreamAsWell() throws Exception {
        ServerCall.Listener<AppendEntriesRequestProto> stream = stream();
        net.set("", Map.of(BACK, new Trouble.Loss(1)));
        stream.onMessage(APPEND);
        assertThat(served).containsExactly("message");
        assertThat(answered).isEmpty();

        net.heal();
        Await.until("the end of it", () -> !answered.isEmpty());
        assertThat(served).containsExactly("message", "cancel");
        assertThat(answered).containsExactly("UNAVAILABLE");
    }

    @Test
    void lateMessagesOfAStreamAreAnsweredWhenTheyHaveCome() throws Exception {
        net.set("", Map.of(THERE, new Trouble.Delay(Duration.ofMillis(50), Duration.ofMillis(50))));
        ServerCall.Listener<AppendEntriesRequestProto> stream = stream();
        stream.onMessage(APPEND);
        stream.onMessage(APPEND);
        stream.onHalfClose();
        assertThat(served).isEmpty();
        Await.until("the end", () -> answered.contains("OK"));
        assertThat(served).containsExactly("message", "message", "end");
    }
}
