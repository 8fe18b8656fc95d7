package io.walnut.node.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.walnut.node.append.AppendBatcher;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.local.FreePorts;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendStreamResponse;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.CreateLogRequest;
import io.walnut.protocol.v1.DeleteLogRequest;
import io.walnut.protocol.v1.DescribeLogRequest;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.ListLogsRequest;
import io.walnut.protocol.v1.LogInfo;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.ProducerStamp;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.ReadRequest;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.SealLogRequest;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.protocol.v1.TailRequest;
import io.walnut.protocol.v1.TrimLogRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RpcServerTest {
    private final FakeLogs logs = new FakeLogs(new AppendBatcher.Bounds(2, 1 << 20, 100_000));
    private final NodeMetrics metrics = new NodeMetrics();
    private RpcServer server;
    private ManagedChannel channel;
    private LogServiceGrpc.LogServiceBlockingStub stub;

    RpcServerTest() throws Exception {
        int port = FreePorts.onLoopback(1).getFirst();
        NodeConfig config = NodeConfig.load(
                null,
                Map.of(),
                Map.of(
                        "node.id", "n1",
                        "node.data-dir", "unused",
                        "node.bind-host", "127.0.0.1",
                        "cluster.id", "test",
                        "cluster.peers", "n1=127.0.0.1:1:2",
                        "client.port", Integer.toString(port),
                        "append.timeout", "1s",
                        "raft.election-timeout", "100ms",
                        "limits.record-size", "16KiB"));
        server = RpcServer.start(config, logs, metrics);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        stub = LogServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    @BeforeEach
    void createLog() {
        assertThat(stub.createLog(CreateLogRequest.newBuilder().setName("a/log").build())
                        .getCreated())
                .isTrue();
    }

    @AfterEach
    void close() throws Exception {
        logs.release();
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        server.close();
        logs.close();
    }

    private static AppendRequest append(String... values) {
        return AppendRequest.newBuilder()
                .setLog("a/log")
                .setBatch(Batches.of(values))
                .build();
    }

    private static ReadRequest read(long from) {
        return ReadRequest.newBuilder().setLog("a/log").setFromOffset(from).build();
    }

    private static void assertFails(ErrorCode code, String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            ErrorDetail detail = Objects.requireNonNull(
                    Objects.requireNonNull(e.getTrailers()).get(Errors.TRAILER));
            assertThat(detail.getCode()).isEqualTo(code);
            assertThat(detail.getMessage()).contains(message);
        });
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Test
    void whatWasAppendedIsReadBackAsItWas() {
        assertThat(stub.append(append("one", "two")).getNextOffset()).isEqualTo(2);
        assertThat(stub.append(append("three")).getFirstOffset()).isEqualTo(2);

        List<ReadResponse> responses = new ArrayList<>();
        stub.read(read(0)).forEachRemaining(responses::add);

        assertThat(responses).hasSize(1);
        assertThat(responses.getFirst().getAtEnd()).isTrue();
        assertThat(responses.getFirst().getBatchesList())
                .extracting(StoredBatch::getBatch)
                .containsExactly(Batches.of("one", "two"), Batches.of("three"));
    }

    @Test
    void readStopsAtTheRecordsAskedFor() {
        for (int i = 0; i < 10; i++) {
            assertThat(stub.append(append("v" + i)).getFirstOffset()).isEqualTo(i);
        }

        ReadResponse response =
                stub.read(read(3).toBuilder().setMaxRecords(2).build()).next();

        assertThat(response.getBatchesList())
                .extracting(StoredBatch::getBaseOffset)
                .containsExactly(3L, 4L);
        assertThat(response.getEndOffset()).isEqualTo(10);
    }

    @Test
    void readAtTheEndIsEmptyAndBeyondItIsAnError() {
        ReadResponse atEnd = stub.read(read(0)).next();

        assertThat(atEnd.getBatchesCount()).isZero();
        assertThat(atEnd.getAtEnd()).isTrue();
        assertFails(
                ErrorCode.ERROR_CODE_OFFSET_BEYOND_END,
                "ends at offset 0",
                () -> stub.read(read(1)).next());
    }

    @Test
    void trimmedOffsetIsAnErrorThatNamesTheFirstOneLeft() {
        assertThat(stub.append(append("a", "b", "c")).getNextOffset()).isEqualTo(3);
        LogInfo trimmed = stub.trimLog(TrimLogRequest.newBuilder()
                        .setName("a/log")
                        .setBeforeOffset(2)
                        .build())
                .getLog();

        assertThat(trimmed.getStartOffset()).isEqualTo(2);
        assertFails(
                ErrorCode.ERROR_CODE_OFFSET_TRIMMED,
                "the first that is left is 2",
                () -> stub.read(read(1)).next());
    }

    @Test
    void namesThatAreNoneAreRefused() {
        for (String name : List.of("", "../etc", "a//b", "a/.", "sp ace", "x".repeat(64 * 1024), "/a")) {
            assertFails(
                    ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                    "",
                    () -> stub.createLog(
                            CreateLogRequest.newBuilder().setName(name).build()));
            assertFails(
                    ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                    "",
                    () -> stub.append(append("v").toBuilder().setLog(name).build()));
        }
    }

    @Test
    void unknownLogIsNamed() {
        assertFails(
                ErrorCode.ERROR_CODE_LOG_NOT_FOUND,
                "'absent'",
                () -> stub.append(append("v").toBuilder().setLog("absent").build()));
        assertFails(
                ErrorCode.ERROR_CODE_LOG_NOT_FOUND,
                "'absent'",
                () -> stub.describeLog(
                        DescribeLogRequest.newBuilder().setName("absent").build()));
    }

    @Test
    void aNodeThatIsCutOffDeniesNothing() {
        assertThat(stub.append(append("v")).getNextOffset()).isEqualTo(1);
        logs.setReachable(false);

        assertFails(
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                "does not know log 'absent'",
                () -> stub.describeLog(
                        DescribeLogRequest.newBuilder().setName("absent").build()));
        assertFails(
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                "does not know log 'absent'",
                () -> stub.tail(TailRequest.newBuilder().setLog("absent").build())
                        .next());
        assertFails(
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                "up to offset 1, and not 2",
                () -> stub.read(read(2)).next());
        assertFails(
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                "no majority",
                () -> stub.append(append("v").toBuilder().setLog("absent").build()));
        assertThat(stub.read(read(0)).next().getBatchesCount()).isEqualTo(1);
    }

    @Test
    void aLogThatWasCreatedAMomentAgoElsewhereIsFound() {
        logs.createElsewhere("new");

        assertThat(stub.append(append("v").toBuilder().setLog("new").build()).getFirstOffset())
                .isZero();
        logs.createElsewhere("newer");
        assertThat(stub.describeLog(
                                DescribeLogRequest.newBuilder().setName("newer").build())
                        .getLog()
                        .getEndOffset())
                .isZero();
    }

    @Test
    void recordBeyondTheLimitIsRefused() {
        assertFails(
                ErrorCode.ERROR_CODE_RECORD_TOO_LARGE,
                "limits.record-size",
                () -> stub.append(append("x".repeat(20 * 1024))));
    }

    @Test
    void damagedBatchIsRefused() {
        AppendRequest damaged = append("v").toBuilder()
                .setBatch(Batches.of("v").toBuilder().setRecords(ByteString.copyFromUtf8("w")))
                .build();

        assertFails(ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH, "nothing was appended", () -> stub.append(damaged));
    }

    @Test
    void whoDoesNotLeadSendsToTheLeader() {
        logs.setLeader(false);

        assertFails(ErrorCode.ERROR_CODE_NOT_LEADER, "n2 does", () -> stub.append(append("v")));
    }

    @Test
    void appendThatIsNotAnsweredInTimeHasAnUnknownOutcome() {
        logs.hold();

        assertFails(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN, "may have been applied", () -> stub.append(append("v")));
    }

    @Test
    void linearizableReadWithoutAMajorityFailsAndACommittedOneDoesNot() {
        logs.setReachable(false);
        DescribeLogRequest committed =
                DescribeLogRequest.newBuilder().setName("a/log").build();
        DescribeLogRequest linearizable = committed.toBuilder()
                .setConsistency(ReadConsistency.READ_CONSISTENCY_LINEARIZABLE)
                .build();

        assertThat(stub.describeLog(committed).getLog().getName()).isEqualTo("a/log");
        assertFails(ErrorCode.ERROR_CODE_UNAVAILABLE, "no majority", () -> stub.describeLog(linearizable));
    }

    @Test
    void listIsPaged() {
        for (String name : List.of("b", "c", "d")) {
            assertThat(stub.createLog(
                                    CreateLogRequest.newBuilder().setName(name).build())
                            .getCreated())
                    .isTrue();
        }

        var first = stub.listLogs(ListLogsRequest.newBuilder().setLimit(3).build());
        var second = stub.listLogs(
                ListLogsRequest.newBuilder().setLimit(3).setAfter("c").build());

        assertThat(first.getLogsList()).extracting(LogInfo::getName).containsExactly("a/log", "b", "c");
        assertThat(first.getMore()).isTrue();
        assertThat(second.getLogsList()).extracting(LogInfo::getName).containsExactly("d");
        assertThat(second.getMore()).isFalse();
    }

    @Test
    void tailGivesWhatIsThereAndThenWhatComes() {
        assertThat(stub.append(append("old")).getFirstOffset()).isZero();
        Iterator<ReadResponse> tail =
                stub.tail(TailRequest.newBuilder().setLog("a/log").build());

        assertThat(tail.next().getBatches(0).getBatch()).isEqualTo(Batches.of("old"));
        for (int i = 1; i <= 100; i++) {
            assertThat(stub.append(append("new" + i)).getFirstOffset()).isEqualTo(i);
            assertThat(tail.next().getBatches(0).getBatch()).isEqualTo(Batches.of("new" + i));
        }
    }

    @Test
    void tailAtTheEndSaysSoAtOnce() {
        Iterator<ReadResponse> tail =
                stub.tail(TailRequest.newBuilder().setLog("a/log").build());

        ReadResponse first = tail.next();
        assertThat(first.getAtEnd()).isTrue();
        assertThat(first.getBatchesCount()).isZero();
    }

    @Test
    void tailOfASealedLogEndsAtItsEnd() {
        Iterator<ReadResponse> tail =
                stub.tail(TailRequest.newBuilder().setLog("a/log").build());
        assertThat(tail.next().getAtEnd()).isTrue();
        assertThat(stub.append(append("last")).getFirstOffset()).isZero();
        assertThat(tail.next().getBatchesCount()).isEqualTo(1);

        assertThat(stub.sealLog(SealLogRequest.newBuilder().setName("a/log").build())
                        .getLog()
                        .getSealed())
                .isTrue();

        assertThat(tail.next().getSealed()).isTrue();
        assertThat(tail.hasNext()).isFalse();
    }

    @Test
    void tailOfADeletedLogFails() {
        Iterator<ReadResponse> tail =
                stub.tail(TailRequest.newBuilder().setLog("a/log").build());
        assertThat(tail.next().getAtEnd()).isTrue();

        assertThat(stub.deleteLog(DeleteLogRequest.newBuilder().setName("a/log").build()))
                .isNotNull();

        assertFails(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, "deleted", tail::next);
    }

    @Test
    void aLinearizableTailLeavesANodeThatHasLostItsLeader() {
        TailRequest committed = TailRequest.newBuilder().setLog("a/log").build();
        TailRequest linearizable = committed.toBuilder()
                .setConsistency(ReadConsistency.READ_CONSISTENCY_LINEARIZABLE)
                .build();
        Iterator<ReadResponse> pinned = stub.tail(committed);
        Iterator<ReadResponse> tail = stub.tail(linearizable);
        assertThat(pinned.next().getAtEnd()).isTrue();
        assertThat(tail.next().getAtEnd()).isTrue();

        logs.setReachable(false);

        assertFails(ErrorCode.ERROR_CODE_UNAVAILABLE, "has lost its leader", tail::next);
        assertFails(
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                "no majority",
                () -> stub.tail(linearizable).next());
        assertThat(stub.append(append("v")).getFirstOffset()).isZero();
        assertThat(pinned.next().getBatchesCount()).isEqualTo(1);
    }

    @Test
    void whatNamesALogByItsIdMeansNoLaterOneOfTheSameName() {
        long old = stub.read(read(0)).next().getLogId();
        DeleteLogRequest delete =
                DeleteLogRequest.newBuilder().setName("a/log").setLogId(old).build();
        assertThat(stub.deleteLog(delete)).isNotNull();
        createLog();
        assertThat(stub.append(append("v")).getFirstOffset()).isZero();

        for (ThrowingCallable late : List.<ThrowingCallable>of(
                () -> stub.deleteLog(delete),
                () -> stub.sealLog(SealLogRequest.newBuilder()
                        .setName("a/log")
                        .setLogId(old)
                        .build()),
                () -> stub.trimLog(TrimLogRequest.newBuilder()
                        .setName("a/log")
                        .setLogId(old)
                        .setBeforeOffset(1)
                        .build()),
                () -> stub.read(read(0).toBuilder().setLogId(old).build()).next(),
                () -> stub.tail(TailRequest.newBuilder()
                                .setLog("a/log")
                                .setLogId(old)
                                .build())
                        .next())) {
            assertFails(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, "a/log", late);
        }
        ReadResponse current = stub.read(read(0)).next();
        assertThat(current.getBatchesCount()).isEqualTo(1);
        assertThat(current.getSealed()).isFalse();
        assertThat(stub.read(read(0).toBuilder().setLogId(current.getLogId()).build())
                        .next()
                        .getBatchesCount())
                .isEqualTo(1);
    }

    @Test
    void aNodeThatIsBehindDoesNotDenyALogThatIsNamedByItsId() {
        long old = stub.read(read(0)).next().getLogId();
        logs.createElsewhere("a/log");

        assertThat(stub.read(read(0).toBuilder().setLogId(old + 1).build())
                        .next()
                        .getLogId())
                .isEqualTo(old + 1);
    }

    @Test
    void tailEndsWithItsClientAndWithTheServer() throws Exception {
        ManagedChannel other = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        assertThat(LogServiceGrpc.newBlockingStub(other)
                        .tail(TailRequest.newBuilder().setLog("a/log").build())
                        .next()
                        .getAtEnd())
                .isTrue();
        await(() -> metrics.tails.sum() == 1);
        other.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        await(() -> metrics.tails.sum() == 0);

        Iterator<ReadResponse> tail =
                stub.tail(TailRequest.newBuilder().setLog("a/log").build());
        assertThat(tail.next().getAtEnd()).isTrue();
        server.stop(Duration.ofSeconds(5));
        assertFails(ErrorCode.ERROR_CODE_UNAVAILABLE, "stopping", tail::next);
        assertThat(logs.listeners()).isZero();
    }

    /** The client's end of an append stream. */
    private final class Stream implements ClientResponseObserver<AppendRequest, AppendStreamResponse> {
        final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();

        @Nullable
        ClientCallStreamObserver<AppendRequest> requests;

        @Override
        public void beforeStart(ClientCallStreamObserver<AppendRequest> observer) {
            requests = observer;
        }

        @Override
        public void onNext(AppendStreamResponse response) {
            answers.add(response);
        }

        @Override
        public void onError(Throwable failure) {
            answers.add(failure);
        }

        @Override
        public void onCompleted() {
            answers.add("end");
        }

        ClientCallStreamObserver<AppendRequest> open() {
            LogServiceGrpc.newStub(channel).appendStream(this);
            return Objects.requireNonNull(requests);
        }

        AppendStreamResponse next() throws InterruptedException {
            return (AppendStreamResponse) Objects.requireNonNull(answers.poll(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void streamAnswersInOrderAndAFailureDoesNotEndIt() throws Exception {
        Stream stream = new Stream();
        ClientCallStreamObserver<AppendRequest> requests = stream.open();
        for (int i = 0; i < 1000; i++) {
            requests.onNext(i == 500 ? append("v").toBuilder().setLog("absent").build() : append("v" + i));
        }
        requests.onCompleted();

        for (int i = 0; i < 1000; i++) {
            AppendStreamResponse answer = stream.next();
            if (i == 500) {
                assertThat(answer.getError().getCode()).isEqualTo(ErrorCode.ERROR_CODE_LOG_NOT_FOUND);
            } else {
                assertThat(answer.getOk().getFirstOffset()).isEqualTo(i < 500 ? i : i - 1);
            }
        }
        assertThat(stream.answers.poll(10, TimeUnit.SECONDS)).isEqualTo("end");
    }

    @Test
    void aBatchWithAnImpossibleStampSpoilsNoneOfThoseBesideIt() throws Exception {
        logs.hold();
        Stream stream = new Stream();
        ClientCallStreamObserver<AppendRequest> requests = stream.open();
        for (int i = 0; i < 10; i++) {
            requests.onNext(i % 2 == 0 ? append("v" + i) : stamped(7, i == 1 ? -1 : Long.MAX_VALUE - 1));
        }
        requests.onCompleted();
        logs.release();

        for (int i = 0; i < 10; i++) {
            AppendStreamResponse answer = stream.next();
            if (i % 2 == 0) {
                assertThat(answer.getOk().getNextOffset()).isEqualTo(i / 2 + 1);
            } else {
                assertThat(answer.getError().getCode()).isEqualTo(ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
                assertThat(answer.getError().getMessage()).contains("beyond all sequences");
            }
        }
    }

    /** A batch of two records. */
    private static AppendRequest stamped(long producerId, long sequence) {
        return append("a", "b").toBuilder()
                .setProducer(
                        ProducerStamp.newBuilder().setProducerId(producerId).setSequence(sequence))
                .build();
    }

    @Test
    void streamStandsStillWhileTheBudgetIsSpentAndLosesNothing() throws Exception {
        logs.hold();
        Stream stream = new Stream();
        ClientCallStreamObserver<AppendRequest> requests = stream.open();
        String value = "x".repeat(10_000);
        int sent = 0;
        while (sent < 2000) {
            requests.onNext(append(value));
            sent++;
        }
        await(() -> !requests.isReady());

        logs.release();
        for (int i = 0; i < sent; i++) {
            assertThat(stream.next().getOk().getFirstOffset()).isEqualTo(i);
        }
    }

    @Test
    void healthAndStatusAnswer() {
        server.serving(true);

        assertThat(HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
        assertThat(ClusterServiceGrpc.newBlockingStub(channel)
                        .status(StatusRequest.getDefaultInstance())
                        .getNodeId())
                .isEqualTo("n1");
    }
}
