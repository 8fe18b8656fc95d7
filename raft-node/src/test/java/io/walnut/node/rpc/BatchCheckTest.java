package io.walnut.node.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.walnut.node.config.NodeConfig;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.Header;
import io.walnut.protocol.v1.ProducerStamp;
import io.walnut.protocol.v1.Record;
import io.walnut.protocol.v1.RecordBatch;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BatchCheckTest {
    private static final EncodedBatch GOOD = Batches.of("a", "b");

    private final BatchCheck check = new BatchCheck(new NodeConfig.Limits(1000, 3000, 4000, 10_000));

    @Test
    void goodBatchPasses() {
        RecordBatch batch = RecordBatch.newBuilder()
                .addRecords(Record.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k"))
                        .setValue(ByteString.copyFromUtf8("v"))
                        .addHeaders(Header.newBuilder().setName("n").setValue(ByteString.copyFromUtf8("x"))))
                .addRecords(Record.getDefaultInstance())
                .build();

        assertThatCode(() -> check.check(Batches.of(batch.toByteString(), 2))).doesNotThrowAnyException();
    }

    static List<Arguments> badBatches() {
        return List.of(
                Arguments.of(
                        "flipped bit",
                        GOOD.toBuilder().setCrc32C(GOOD.getCrc32C() ^ 1).build(),
                        ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH,
                        "CRC32C"),
                Arguments.of(
                        "wrong count",
                        GOOD.toBuilder().setCount(3).build(),
                        ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                        "holds 2 records, its sender said 3"),
                Arguments.of("empty", Batches.of(), ErrorCode.ERROR_CODE_INVALID_ARGUMENT, "one or more"),
                Arguments.of(
                        "record too large",
                        Batches.of("a", "x".repeat(1001)),
                        ErrorCode.ERROR_CODE_RECORD_TOO_LARGE,
                        "limits.record-size"),
                Arguments.of(
                        "batch too large",
                        Batches.of("x".repeat(900), "x".repeat(900), "x".repeat(900), "x".repeat(900)),
                        ErrorCode.ERROR_CODE_RECORD_TOO_LARGE,
                        "limits.batch-size"),
                Arguments.of(
                        "no protobuf",
                        Batches.of(ByteString.copyFrom(new byte[] {10, 5, 1}), 1),
                        ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                        "not a RecordBatch"),
                Arguments.of(
                        "field of the wrong type",
                        Batches.of(ByteString.copyFrom(new byte[] {10, 2, 16, 1}), 1),
                        ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                        "wrong type"),
                Arguments.of(
                        "negative length",
                        Batches.of(ByteString.copyFrom(new byte[] {10, -1, -1, -1, -1, 15}), 1),
                        ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                        "negative length"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badBatches")
    void badBatchIsRefused(String name, EncodedBatch batch, ErrorCode code, String message) {
        assertThatThrownBy(() -> check.check(batch))
                .isInstanceOfSatisfying(
                        RequestException.class,
                        e -> assertThat(e.detail().getCode()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    @Test
    void stampsThatTheIndexOfTheLogsWouldCallMalformedAreRefused() {
        assertThatCode(() -> BatchCheck.check(stamp(-1, -1, Long.MAX_VALUE - 2), 2))
                .doesNotThrowAnyException();
        for (ProducerStamp bad : List.of(
                stamp(0, 1, 0),
                stamp(7, 1, -1),
                stamp(7, 1, Long.MIN_VALUE),
                stamp(7, 1, Long.MAX_VALUE),
                stamp(7, 1, Long.MAX_VALUE - 1))) {
            assertThatThrownBy(() -> BatchCheck.check(bad, 2))
                    .isInstanceOfSatisfying(
                            RequestException.class,
                            e -> assertThat(e.detail().getCode()).isEqualTo(ErrorCode.ERROR_CODE_INVALID_ARGUMENT));
        }
    }

    private static ProducerStamp stamp(long producerId, int epoch, long sequence) {
        return ProducerStamp.newBuilder()
                .setProducerId(producerId)
                .setEpoch(epoch)
                .setSequence(sequence)
                .build();
    }
}
