package io.walnut.node.raft;

import static io.walnut.node.raft.LoopbackCluster.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.WalCorruptException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftGroupNodeTest {
    @TempDir
    Path directory;

    @Test
    void commandsAreAppliedOnEveryMemberInTheSameOrder() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            RaftGroupNode leader = cluster.node(cluster.awaitLeader());
            List<CompletableFuture<Applied>> appends = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                appends.add(leader.submit(text("command " + i)));
            }
            for (int i = 0; i < appends.size(); i++) {
                assertThat(appends.get(i).get(30, TimeUnit.SECONDS).result().getInt(0))
                        .isEqualTo(i);
            }
            cluster.awaitEqual();
            assertThat(cluster.state("n1").commands())
                    .hasSize(500)
                    .isEqualTo(cluster.state("n2").commands());
        }
    }

    @Test
    void theRecommendedSizesFitTogether() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(
                directory,
                1,
                options -> RaftOptions.of(options.nodeId(), options.groupId(), options.peers(), options.directory()))) {
            cluster.submit("x".repeat(8 << 20));
        }
    }

    /** 24 MiB in segments of 4, fewer entries than are preserved for others: a snapshot alone would give nothing back. */
    @Test
    void whatIsTrimmedComesBackWithOneSnapshotWhenRoomIsMade() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 1)) {
            for (int i = 0; i < 12; i++) {
                cluster.submit("x".repeat(1 << 20));
            }
            cluster.node("n1").takeSnapshot();
            for (int i = 0; i < 12; i++) {
                cluster.submit("x".repeat(1 << 20));
            }
            assertThat(segmentFiles(cluster.groupDirectory("n1"))).isGreaterThan(8);
            cluster.state("n1").needOnlyFrom(Long.MAX_VALUE);
            cluster.submit("the trim");

            cluster.node("n1").makeRoom();

            await("segments are gone", () -> segmentFiles(cluster.groupDirectory("n1")) <= 4);
            cluster.submit("after");
            cluster.stop("n1");
            cluster.start("n1");
            cluster.awaitLeader();
            assertThat(cluster.state("n1").texts()).hasSize(26).endsWith("the trim", "after");
        }
    }

    private static long segmentFiles(Path group) {
        try (var tree = Files.walk(group)) {
            return tree.filter(path -> path.toString().endsWith(".seg")).count();
        } catch (IOException | UncheckedIOException e) {
            return Long.MAX_VALUE; // a file went away under the walk
        }
    }

    @Test
    void damageIsToldOncePerPlace() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 1)) {
            long damaged = cluster.submit("x".repeat(1 << 20)).index();
            for (int i = 0; i < 8; i++) {
                cluster.submit("x".repeat(1 << 20));
            }
            RaftGroupNode node = cluster.node("n1");
            assertThat(node.damagedPlaces()).isZero();
            Path first;
            try (var files = Files.list(cluster.groupDirectory("n1").resolve("wal"))) {
                first = files.filter(path -> path.toString().endsWith(".seg"))
                        .sorted()
                        .findFirst()
                        .orElseThrow();
            }
            try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(new byte[] {'y'}), 500_000);
            }

            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> node.readCommand(damaged)).isInstanceOf(WalCorruptException.class);
            }
            assertThat(node.damagedPlaces()).isOne();
            assertThat(node.readCommand(damaged + 4).remaining()).isEqualTo(1 << 20);
        }
    }

    @Test
    void aGroupOfOneCommitsByItself() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 1)) {
            cluster.submit("alone");
            assertThat(cluster.state("n1").texts()).containsExactly("alone");
        }
    }

    @Test
    void aFollowerRefusesACommandAndNamesTheLeader() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            String leader = cluster.awaitLeader();
            String follower = cluster.aFollower();
            await("the follower knows", () -> cluster.node(follower).leader().isPresent());
            assertThat(failure(cluster.node(follower).submit(text("x"))))
                    .isInstanceOfSatisfying(
                            SubmitException.NotLeader.class,
                            e -> assertThat(e.leaderId()).hasValue(leader));
        }
    }

    /** The check itself is in {@link WalRaftLogTest}. */
    @Test
    void aFollowerKnowsWhoseEntriesItTakes() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            cluster.submit("x");
            WalRaftLog log =
                    (WalRaftLog) cluster.node(cluster.aFollower()).division().getRaftLog();
            await("an entry has come", () -> log.lastRequestWasKnown());
        }
    }

    /** Hands on what comes in a thread of its own, as who holds messages up does. */
    private static final class Postman implements ServerInterceptor {
        private final AtomicInteger seen = new AtomicInteger();

        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
                @Override
                public void onMessage(Q message) {
                    seen.incrementAndGet();
                    CompletableFuture.runAsync(() -> super.onMessage(message)).join();
                }
            };
        }
    }

    @Test
    void whoHearsPeersFirstMayHandOnWhatTheySayInAnotherThread() throws Exception {
        Postman postman = new Postman();
        try (LoopbackCluster cluster =
                LoopbackCluster.started(directory, 3, options -> options.withPeerCalls(List.of(postman)))) {
            cluster.submit("x");
            WalRaftLog log =
                    (WalRaftLog) cluster.node(cluster.aFollower()).division().getRaftLog();
            await("an entry has come", log::lastRequestWasKnown);
            assertThat(postman.seen).hasPositiveValue();
        }
    }

    @Test
    void withoutAMajorityNothingIsAcknowledgedAndTheOutcomeIsUnknown() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            String leader = cluster.awaitLeader();
            for (String id : cluster.ids()) {
                if (!id.equals(leader)) {
                    cluster.stop(id);
                }
            }
            CompletableFuture<Applied> lost = cluster.node(leader).submit(text("lost?"));
            assertThat(failure(lost))
                    .isInstanceOfAny(SubmitException.OutcomeUnknown.class, SubmitException.NotLeader.class);
        }
    }

    @Test
    void aReadBarrierOnAFollowerSeesWhatWasAcknowledgedBefore() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            String follower = cluster.aFollower();
            for (int i = 0; i < 20; i++) {
                Applied applied = cluster.submit("command " + i);
                long seen = cluster.node(follower).readBarrier().get(30, TimeUnit.SECONDS);
                assertThat(seen).isGreaterThanOrEqualTo(applied.index());
                assertThat(cluster.state(follower).texts()).hasSizeGreaterThan(i);
            }
        }
    }

    @Test
    void anotherMemberLeadsWhenTheLeaderStopsAndNothingAcknowledgedIsLost() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            List<String> acknowledged = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 20; i++) {
                    cluster.submit(round + "/" + i);
                    acknowledged.add(round + "/" + i);
                }
                String leader = cluster.awaitLeader();
                cluster.stop(leader);
                cluster.submit(round + "/without");
                acknowledged.add(round + "/without");
                cluster.start(leader);
            }
            cluster.awaitEqual();
            assertThat(cluster.state("n1").texts()).isEqualTo(acknowledged);
        }
    }

    @Test
    void allMembersStopAndStartAgainWithEverythingThere() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            List<String> acknowledged = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                acknowledged.add("round " + round);
                cluster.submit("round " + round);
                for (String id : cluster.ids()) {
                    cluster.stop(id);
                }
                for (String id : cluster.ids()) {
                    cluster.start(id);
                }
            }
            cluster.submit("end");
            acknowledged.add("end");
            cluster.awaitEqual();
            assertThat(cluster.state("n2").texts()).isEqualTo(acknowledged);
        }
    }

    @Test
    void aRestartReplaysOnlyWhatCameAfterTheSnapshot() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            for (int i = 0; i < 50; i++) {
                cluster.submit("before " + i);
            }
            cluster.awaitEqual();
            long snapshot = cluster.node("n1").takeSnapshot();
            assertThat(snapshot).isGreaterThanOrEqualTo(50);
            for (int i = 0; i < 7; i++) {
                cluster.submit("after " + i);
            }
            cluster.awaitEqual();
            cluster.stop("n1");
            cluster.start("n1");
            cluster.awaitEqual();
            assertThat(cluster.state("n1").appliedSinceLoad()).isEqualTo(7);
            assertThat(cluster.state("n1").commands())
                    .isEqualTo(cluster.state("n2").commands());
        }
    }

    @Test
    void aWipedFollowerBehindThePurgedLogIsSentASnapshotAndCanReadEveryRecord() throws Exception {
        // So many appends at once, and one follower alone to confirm them: a busy machine is no reason for an election
        // here.
        try (LoopbackCluster cluster =
                LoopbackCluster.started(directory, 3, options -> options.withElectionTimeout(Duration.ofSeconds(3)))) {
            String follower = cluster.aFollower();
            cluster.stop(follower);
            DurableFiles.deleteTree(cluster.directory(follower));
            String filler = "x".repeat(200);
            RaftGroupNode leader = cluster.node(cluster.awaitLeader());
            List<CompletableFuture<Applied>> appends = new ArrayList<>();
            for (int i = 0; i < 3 * RaftKeys.PRESERVED_ENTRIES; i++) {
                appends.add(leader.submit(text(i + filler)));
            }
            CompletableFuture.allOf(appends.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
            for (String id : cluster.ids()) {
                if (!id.equals(follower)) {
                    cluster.node(id).takeSnapshot();
                    await("a purge", () -> cluster.node(id).status().firstIndex() > 0);
                }
            }
            cluster.start(follower);
            cluster.submit("after");
            cluster.awaitEqual();
            assertThat(cluster.state(follower).appliedSinceLoad()).isLessThan(2 * RaftKeys.PRESERVED_ENTRIES);
            for (RecordingState.Command command : cluster.state(follower).commands()) {
                assertThat(utf8(cluster.node(follower).readCommand(command.lsn())))
                        .isEqualTo(command.text());
            }
            cluster.stop(follower);
            cluster.start(follower);
            cluster.awaitEqual();
        }
    }

    @Test
    void snapshotsAreTakenByThemselvesAndTwoAreKept() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(
                directory,
                1,
                options -> options.withSnapshots(new RaftOptions.Snapshots(1000, Duration.ofMinutes(5))))) {
            for (int round = 0; round < 4; round++) {
                long before = cluster.node("n1").status().snapshotIndex();
                cluster.submit("x".repeat(1000));
                await(
                        "a snapshot",
                        () -> countSnapshots(cluster) > 0 && cluster.node("n1").latestSnapshot() > before);
            }
            await("two are kept", () -> countSnapshots(cluster) == 2);
        }
    }

    @Test
    void aDirectoryOfAnotherMemberIsRefused() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            cluster.submit("x");
            cluster.awaitEqual();
            cluster.stop("n1");
            cluster.stop("n2");
            DurableFiles.deleteTree(cluster.directory("n2"));
            Files.move(cluster.directory("n1"), cluster.directory("n2"));
            assertThatThrownBy(() -> cluster.start("n2"))
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(StartRefusedException.Reason.FOREIGN_DIRECTORY));
        }
    }

    @Test
    void aLogBesideAnEmptiedVoteIsRefused() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            cluster.submit("x");
            cluster.awaitEqual();
            cluster.stop("n1");
            DurableFiles.deleteTree(cluster.groupDirectory("n1").resolve("current"));
            assertThatThrownBy(() -> cluster.start("n1"))
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(StartRefusedException.Reason.VOTE_LOST));
        }
    }

    @Test
    void aCommandLargerThanTheLimitIsRefusedBeforeAnythingHappens() throws Exception {
        try (LoopbackCluster cluster =
                LoopbackCluster.started(directory, 1, options -> options.withMaxEntryBytes(64 * 1024))) {
            String leader = cluster.awaitLeader();
            assertThatThrownBy(() -> cluster.node(leader).submit(ByteBuffer.allocate(64 * 1024 + 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            cluster.submit("x".repeat(64 * 1024));
            assertThat(cluster.node(leader).isReadyLeader()).isTrue();
        }
    }

    @Test
    void theStatusOfALeaderShowsHowFarTheOthersAre() throws Exception {
        try (LoopbackCluster cluster = LoopbackCluster.started(directory, 3)) {
            Applied applied = cluster.submit("x");
            String leader = cluster.awaitLeader();
            await(
                    "matches",
                    () -> cluster.node(leader).status().matchIndexes().values().stream()
                            .allMatch(index -> index >= applied.index()));
            RaftStatus status = cluster.node(leader).status();
            assertThat(status.role()).isEqualTo(RaftStatus.Role.LEADER);
            assertThat(status.matchIndexes()).hasSize(2).doesNotContainKey(leader);
            assertThat(status.commitIndexes()).hasSize(3);
            assertThat(status.durableIndex()).isGreaterThanOrEqualTo(applied.index());
            assertThat(status.healthy()).isTrue();
        }
    }

    private long countSnapshots(LoopbackCluster cluster) {
        try (var paths = Files.list(cluster.groupDirectory("n1").resolve("snapshots"))) {
            return paths.count();
        } catch (IOException e) {
            return 0;
        }
    }

    private static Throwable failure(CompletableFuture<?> future) throws Exception {
        try {
            future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return requireNonNull(e.getCause());
        }
        throw new AssertionError("succeeded");
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String utf8(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
