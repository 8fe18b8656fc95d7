package io.walnut.node.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorsTest {
    private final Errors errors = new Errors(id -> id.equals("n2") ? Optional.of("host2:7420") : Optional.empty());

    @ParameterizedTest
    @CsvSource({
        "ERROR_CODE_INVALID_ARGUMENT, INVALID_ARGUMENT, false, false",
        "ERROR_CODE_LOG_NOT_FOUND, NOT_FOUND, false, false",
        "ERROR_CODE_LOG_EXISTS, ALREADY_EXISTS, false, false",
        "ERROR_CODE_LOG_SEALED, FAILED_PRECONDITION, false, false",
        "ERROR_CODE_OFFSET_TRIMMED, OUT_OF_RANGE, false, false",
        "ERROR_CODE_OFFSET_BEYOND_END, OUT_OF_RANGE, false, false",
        "ERROR_CODE_RECORD_TOO_LARGE, INVALID_ARGUMENT, false, false",
        "ERROR_CODE_CHECKSUM_MISMATCH, DATA_LOSS, true, false",
        "ERROR_CODE_NOT_LEADER, UNAVAILABLE, true, false",
        "ERROR_CODE_UNAVAILABLE, UNAVAILABLE, true, false",
        "ERROR_CODE_OUTCOME_UNKNOWN, UNKNOWN, true, true",
        "ERROR_CODE_OVERLOADED, RESOURCE_EXHAUSTED, true, false",
        "ERROR_CODE_OUT_OF_SEQUENCE, ABORTED, false, false",
        "ERROR_CODE_FENCED, FAILED_PRECONDITION, false, false",
        "ERROR_CODE_STORAGE_FULL, RESOURCE_EXHAUSTED, true, false",
        "ERROR_CODE_NODE_FAILED, UNAVAILABLE, true, false",
        "ERROR_CODE_INTERNAL, INTERNAL, false, false",
    })
    void codeHasItsStatusAndItsConsequences(
            ErrorCode code, Status.Code status, boolean retryable, boolean mayHaveBeenApplied) {
        StatusRuntimeException failure =
                errors.status(new CompletionException(RequestException.of(code, "what happened")));

        assertThat(failure.getStatus().getCode()).isEqualTo(status);
        assertThat(failure.getStatus().getDescription()).isEqualTo("what happened");
        ErrorDetail detail = Objects.requireNonNull(
                Objects.requireNonNull(failure.getTrailers()).get(Errors.TRAILER));
        assertThat(detail.getCode()).isEqualTo(code);
        assertThat(detail.getRetryable()).isEqualTo(retryable);
        assertThat(detail.getMayHaveBeenApplied()).isEqualTo(mayHaveBeenApplied);
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorCode.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"ERROR_CODE_UNSPECIFIED", "UNRECOGNIZED", "ERROR_CODE_INTERNAL"})
    void noCodeIsForgotten(ErrorCode code) {
        assertThat(Errors.statusOf(code).getCode()).isNotEqualTo(Status.Code.INTERNAL);
    }

    @Test
    void whoDoesNotLeadNamesTheLeaderAndItsAddress() {
        ErrorDetail detail = errors.detail(errors.notLeader("n1", Optional.of("n2")));

        assertThat(detail.getLeaderId()).isEqualTo("n2");
        assertThat(detail.getLeaderAddress()).isEqualTo("host2:7420");
        assertThat(detail.getRetryable()).isTrue();
    }

    @Test
    void whatNobodyExpectedMayHaveBeenApplied() {
        ErrorDetail detail = errors.detail(new IllegalStateException("surprise"));

        assertThat(detail.getCode()).isEqualTo(ErrorCode.ERROR_CODE_INTERNAL);
        assertThat(detail.getMayHaveBeenApplied()).isTrue();
        assertThat(detail.getMessage()).contains("surprise");
    }
}
