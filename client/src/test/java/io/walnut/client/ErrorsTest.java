package io.walnut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorsTest {
    static Stream<ErrorCode> codes() {
        return Stream.of(ErrorCode.values())
                .filter(code -> code != ErrorCode.UNRECOGNIZED && code != ErrorCode.ERROR_CODE_UNSPECIFIED);
    }

    @ParameterizedTest
    @MethodSource("codes")
    void everyCodeHasItsOwnTypeAndKeepsItsMessage(ErrorCode code) {
        Errors.Row row = Objects.requireNonNull(Errors.TABLE.get(code));
        WalnutException failure = Errors.of(ErrorDetail.newBuilder()
                .setCode(code)
                .setMessage("why")
                .setStartOffset(3)
                .setEndOffset(9)
                .build());
        assertThat(failure).isExactlyInstanceOf(row.type()).hasMessage("why");
        assertThat(failure.code()).isEqualTo(code);
        assertThat(Errors.TABLE.values().stream().filter(other -> other.type() == row.type()))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT, false, false",
        "LOG_NOT_FOUND, false, false",
        "LOG_EXISTS, false, false",
        "LOG_SEALED, false, false",
        "OFFSET_TRIMMED, false, false",
        "OFFSET_BEYOND_END, false, false",
        "RECORD_TOO_LARGE, false, false",
        "CHECKSUM_MISMATCH, true, false",
        "NOT_LEADER, true, false",
        "UNAVAILABLE, true, false",
        "OUTCOME_UNKNOWN, true, true",
        "OVERLOADED, true, false",
        "OUT_OF_SEQUENCE, false, false",
        "FENCED, false, false",
        "STORAGE_FULL, true, false",
        "NODE_FAILED, true, false",
        "INTERNAL, false, true",
    })
    void everyRowSaysWhatTheCallerCanDo(String code, boolean retryable, boolean mayHaveBeenApplied) {
        WalnutException failure = Errors.of(ErrorDetail.newBuilder()
                .setCode(ErrorCode.valueOf("ERROR_CODE_" + code))
                .build());
        assertThat(failure.retryable()).isEqualTo(retryable);
        assertThat(failure.mayHaveBeenApplied()).isEqualTo(mayHaveBeenApplied);
    }

    @Test
    void everyCodeIsInTheTable() {
        assertThat(codes()).containsExactlyInAnyOrderElementsOf(Errors.TABLE.keySet());
    }

    @Test
    void aCodeOfALaterVersionIsTakenByItsFlags() {
        WalnutException failure = Errors.of(ErrorDetail.newBuilder()
                .setCodeValue(99)
                .setRetryable(true)
                .setMayHaveBeenApplied(true)
                .setMessage("new")
                .build());
        assertThat(failure).isInstanceOf(WalnutException.Internal.class).hasMessageContaining("99");
        assertThat(failure.retryable()).isTrue();
        assertThat(failure.mayHaveBeenApplied()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, false, UNAVAILABLE, true, false",
        "UNAVAILABLE, true, UNAVAILABLE, true, true",
        "DEADLINE_EXCEEDED, false, UNAVAILABLE, true, false",
        "DEADLINE_EXCEEDED, true, OUTCOME_UNKNOWN, true, true",
        "INTERNAL, true, OUTCOME_UNKNOWN, true, true",
        "CANCELLED, true, OUTCOME_UNKNOWN, true, true",
        "RESOURCE_EXHAUSTED, true, RECORD_TOO_LARGE, false, true",
        "INVALID_ARGUMENT, true, INVALID_ARGUMENT, false, false",
        "UNIMPLEMENTED, true, INTERNAL, false, false",
    })
    void aStatusWithoutDetailSaysWhetherTheRequestHadLeft(
            Status.Code status, boolean sent, String code, boolean retryable, boolean mayHaveBeenApplied) {
        WalnutException failure = Errors.of(status.toStatus(), null, sent, "n1:7420");
        assertThat(failure.code()).isEqualTo(ErrorCode.valueOf("ERROR_CODE_" + code));
        assertThat(failure.retryable()).isEqualTo(retryable);
        assertThat(failure.mayHaveBeenApplied()).isEqualTo(mayHaveBeenApplied);
        assertThat(failure).hasMessageContaining("n1:7420");
    }
}
