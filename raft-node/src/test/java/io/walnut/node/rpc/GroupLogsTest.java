package io.walnut.node.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.walnut.node.config.NodeConfig;
import io.walnut.node.local.FreePorts;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.node.raft.Peer;
import io.walnut.node.raft.RaftGroupNode;
import io.walnut.node.raft.RaftOptions;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group of one member. */
class GroupLogsTest {
    @TempDir
    Path directory = Path.of(".");

    private RaftGroupNode group;
    private GroupLogs logs;

    @BeforeEach
    void start() throws Exception {
        int port = FreePorts.onLoopback(1).getFirst();
        NodeConfig config = NodeConfig.load(
                null,
                Map.of(),
                Map.of(
                        "node.id",
                        "n1",
                        "node.data-dir",
                        directory.toString(),
                        "cluster.id",
                        "test",
                        "cluster.peers",
                        "n1=127.0.0.1:" + port + ":7420"));
        Peer self = new Peer("n1", "127.0.0.1", port);
        RaftOptions options = RaftOptions.of("n1", new UUID(1, 1), List.of(self), directory)
                .withElectionTimeout(Duration.ofMillis(100))
                .withSegmentBytes(16 << 20);
        group = RaftGroupNode.start(options, failure -> {
            throw new AssertionError(failure);
        });
        logs = new GroupLogs(group, config, "test", new NodeMetrics(), InstantSource.system());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!group.isReadyLeader()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @AfterEach
    void stop() throws Exception {
        logs.batcher().close();
        group.close();
    }

    /** A log of three batches of one record. */
    private LogInfo threeRecords() {
        LogInfo log = logs.create("log", false).join().log();
        for (String value : List.of("a", "b", "c")) {
            EncodedBatch batch = Batches.of(value);
            AppendItem item = new AppendItem(
                    log.id(), 0, 0, 0, 1, batch.getCrc32C(), batch.getRecords().asReadOnlyByteBuffer());
            assertThat(logs.append(item, System.nanoTime() + TimeUnit.SECONDS.toNanos(20), () -> {})
                            .join()
                            .getDuplicate())
                    .isFalse();
        }
        return logs.find("log").orElseThrow();
    }

    private ErrorDetail failureOfRead(LogInfo log, long offset) {
        RequestException failure = catchThrowableOfType(
                RequestException.class, () -> logs.read(log, offset, Long.MAX_VALUE, Long.MAX_VALUE));
        return Objects.requireNonNull(failure).detail();
    }

    @Test
    void aReadThatATrimOvertakesNamesTheBoundsThatHold() {
        LogInfo before = threeRecords();

        for (long start = 1; start <= 3; start++) {
            assertThat(logs.trim("log", before.id(), start).join().startOffset())
                    .isEqualTo(start);

            ErrorDetail failure = failureOfRead(before, 0);
            assertThat(failure.getCode()).isEqualTo(ErrorCode.ERROR_CODE_OFFSET_TRIMMED);
            assertThat(failure.getStartOffset()).isEqualTo(start);
            assertThat(failure.getEndOffset()).isEqualTo(3);
        }
    }

    @Test
    void aReadOfALogThatIsDeletedMeanwhileSaysThatItIsGone() {
        LogInfo before = threeRecords();
        assertThat(logs.delete("log", before.id()).join()).isNull();

        assertThat(failureOfRead(before, 0).getCode()).isEqualTo(ErrorCode.ERROR_CODE_LOG_NOT_FOUND);

        LogInfo another = threeRecords();
        assertThat(another.id()).isNotEqualTo(before.id());
        assertThat(failureOfRead(before, 0).getCode()).isEqualTo(ErrorCode.ERROR_CODE_LOG_NOT_FOUND);
    }
}
