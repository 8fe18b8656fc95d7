package io.walnut.node.raft;

import static io.walnut.node.raft.LoopbackCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.RaftServerProtocol;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.ProtoUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A leader that was replaced and does not know it gives no linearizable read a state without what its successor has acknowledged. */
class DeposedLeaderTest {
    @TempDir
    Path directory;

    private final MessageGate gate = new MessageGate();
    private LoopbackCluster cluster;
    private String leader;
    private String second;
    private String third;

    @BeforeEach
    void start() throws Exception {
        // So long that a leader which hears nothing goes on leading for all of a test.
        cluster = LoopbackCluster.started(
                directory,
                3,
                options -> options.withElectionTimeout(Duration.ofSeconds(8))
                        .withPeerCalls(List.of(gate.of(options.nodeId()))));
        leader = cluster.awaitLeader();
        List<String> followers =
                cluster.ids().stream().filter(id -> !id.equals(leader)).toList();
        second = followers.get(0);
        third = followers.get(1);
    }

    @AfterEach
    void stop() throws Exception {
        gate.heal();
        cluster.close();
    }

    @Test
    void afterAReadThatWasConfirmedAtTheSameIndex() throws Exception {
        long before = append(leader, "before");
        awaitQuiet(before);
        assertThat(cluster.node(leader).readBarrier().get(10, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(before);

        gate.cutOff(leader);
        elect(second, leader);
        long acknowledged = append(second, "acknowledged");
        CompletableFuture<Long> read = cluster.node(leader).readBarrier();

        assertIsNotOlder(read, acknowledged);
    }

    @Test
    void whenWhatConfirmsAnEarlierReadArrives() throws Exception {
        long before = append(leader, "before");
        awaitQuiet(before);
        gate.holdAnswersTo(leader);
        CompletableFuture<Long> earlier = cluster.node(leader).readBarrier();
        await("answers to the earlier read", () -> gate.held() >= 2);

        gate.cutOff(leader);
        elect(second, leader);
        long acknowledged = append(second, "acknowledged");
        CompletableFuture<Long> read = cluster.node(leader).readBarrier();
        gate.release();

        assertThat(earlier.get(10, TimeUnit.SECONDS)).isBetween(before, acknowledged - 1);
        assertIsNotOlder(read, acknowledged);
    }

    @Test
    void whenWhatCommitsItsFirstEntryArrives() throws Exception {
        awaitQuiet(append(leader, "before"));
        gate.holdAnswersTo(second);
        elect(second, leader);
        await(
                "the first entry everywhere",
                () -> lastTerm(second) > 0
                        && lastTerm(leader) == lastTerm(second)
                        && lastTerm(third) == lastTerm(second)
                        && gate.held() >= 2);
        assertThat(cluster.node(second).isReadyLeader()).isFalse();

        gate.cutOff(second);
        elect(third, second);
        long acknowledged = append(third, "acknowledged");
        CompletableFuture<Long> read = cluster.node(second).readBarrier();
        gate.release();
        await("the first entry committed", () -> cluster.node(second).isReadyLeader() || read.isDone());

        assertIsNotOlder(read, acknowledged);
    }

    /** It asks the leader, and a leader that is not ready has nothing to tell. */
    @Test
    void nobodyIsToldAnythingByALeaderThatIsNotReady() throws Exception {
        awaitQuiet(append(leader, "before"));
        gate.holdAnswersTo(second);
        elect(second, leader);
        await(
                "a leader",
                () -> cluster.node(third).leader().filter(second::equals).isPresent());
        CompletableFuture<Long> read = cluster.node(third).readBarrier();
        assertThat(read)
                .failsWithin(Duration.ofSeconds(4))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(SubmitException.class);
        gate.release();
        await("a leader that is ready", () -> cluster.node(second).isReadyLeader());
        assertThat(cluster.node(third).readBarrier().get(10, TimeUnit.SECONDS)).isPositive();
    }

    private void assertIsNotOlder(CompletableFuture<Long> read, long acknowledged) throws Exception {
        // What it may be answered with wrongly, it is answered with at once.
        TimeUnit.MILLISECONDS.sleep(300);
        gate.heal();
        try {
            assertThat(read.get(30, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(acknowledged);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(SubmitException.class);
        }
    }

    private long append(String member, String text) throws Exception {
        await("readiness to lead", () -> cluster.node(member).isReadyLeader());
        return cluster.node(member)
                .submit(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)))
                .get(10, TimeUnit.SECONDS)
                .index();
    }

    /** All know that the index is committed, and nothing is on its way any more. */
    private void awaitQuiet(long index) {
        for (String id : cluster.ids()) {
            await("a commit", () -> cluster.node(id).status().commitIndex() >= index);
        }
        await("quiet", () -> gate.isQuietFor(Duration.ofMillis(300)));
    }

    /** As a leader does that hands leadership over, without the leader. */
    private void elect(String member, String from) throws Exception {
        RaftServer.Division division = cluster.node(member).division();
        RaftRpcRequestProto request = RaftRpcRequestProto.newBuilder()
                .setRequestorId(ByteString.copyFromUtf8(from))
                .setReplyId(ByteString.copyFromUtf8(member))
                .setRaftGroupId(
                        ProtoUtils.toRaftGroupIdProtoBuilder(division.getGroup().getGroupId()))
                .build();
        ((RaftServerProtocol) division)
                .startLeaderElection(StartLeaderElectionRequestProto.newBuilder()
                        .setServerRequest(request)
                        .setLeaderLastEntry(
                                division.getRaftLog().getLastEntryTermIndex().toProto())
                        .build());
        await("another leader", () -> cluster.node(member).status().role() == RaftStatus.Role.LEADER);
    }

    private long lastTerm(String member) {
        return cluster.node(member)
                .division()
                .getRaftLog()
                .getLastEntryTermIndex()
                .getTerm();
    }
}
