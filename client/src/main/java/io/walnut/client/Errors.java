package io.walnut.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.walnut.client.WalnutException.Facts;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The one place where what a node or the transport says becomes a {@link WalnutException}. */
final class Errors {
    /** Trailer in which a node says what went wrong. */
    static final Metadata.Key<ErrorDetail> TRAILER =
            Metadata.Key.of("walnut-error-bin", ProtoUtils.metadataMarshaller(ErrorDetail.getDefaultInstance()));

    /** What a code means: the type it is thrown as, and what holds of it whatever the node adds. */
    record Row(
            Class<? extends WalnutException> type,
            boolean retryable,
            boolean mayHaveBeenApplied,
            Function<Facts, WalnutException> create) {}

    static final Map<ErrorCode, Row> TABLE = table();

    private Errors() {}

    private static Map<ErrorCode, Row> table() {
        Map<ErrorCode, Row> table = new EnumMap<>(ErrorCode.class);
        refused(
                table,
                ErrorCode.ERROR_CODE_INVALID_ARGUMENT,
                WalnutException.InvalidRequest.class,
                WalnutException.InvalidRequest::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_LOG_NOT_FOUND,
                WalnutException.LogNotFound.class,
                WalnutException.LogNotFound::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_LOG_EXISTS,
                WalnutException.LogExists.class,
                WalnutException.LogExists::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_LOG_SEALED,
                WalnutException.LogSealed.class,
                WalnutException.LogSealed::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_OFFSET_TRIMMED,
                WalnutException.OffsetTrimmed.class,
                WalnutException.OffsetTrimmed::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_OFFSET_BEYOND_END,
                WalnutException.OffsetBeyondEnd.class,
                WalnutException.OffsetBeyondEnd::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_RECORD_TOO_LARGE,
                WalnutException.RecordTooLarge.class,
                WalnutException.RecordTooLarge::new);
        refused(
                table,
                ErrorCode.ERROR_CODE_OUT_OF_SEQUENCE,
                WalnutException.OutOfSequence.class,
                WalnutException.OutOfSequence::new);
        refused(table, ErrorCode.ERROR_CODE_FENCED, WalnutException.Fenced.class, WalnutException.Fenced::new);
        later(
                table,
                ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH,
                WalnutException.ChecksumMismatch.class,
                WalnutException.ChecksumMismatch::new);
        later(table, ErrorCode.ERROR_CODE_NOT_LEADER, WalnutException.NotLeader.class, WalnutException.NotLeader::new);
        later(
                table,
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                WalnutException.Unavailable.class,
                WalnutException.Unavailable::new);
        later(
                table,
                ErrorCode.ERROR_CODE_OVERLOADED,
                WalnutException.Overloaded.class,
                WalnutException.Overloaded::new);
        later(
                table,
                ErrorCode.ERROR_CODE_STORAGE_FULL,
                WalnutException.StorageFull.class,
                WalnutException.StorageFull::new);
        later(
                table,
                ErrorCode.ERROR_CODE_NODE_FAILED,
                WalnutException.NodeFailed.class,
                WalnutException.NodeFailed::new);
        table.put(
                ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN,
                new Row(WalnutException.OutcomeUnknown.class, true, true, WalnutException.OutcomeUnknown::new));
        table.put(
                ErrorCode.ERROR_CODE_INTERNAL,
                new Row(WalnutException.Internal.class, false, true, WalnutException.Internal::new));
        return table;
    }

    /** The node has looked and says no: the same again changes nothing. */
    private static void refused(
            Map<ErrorCode, Row> table,
            ErrorCode code,
            Class<? extends WalnutException> type,
            Function<Facts, WalnutException> create) {
        table.put(code, new Row(type, false, false, create));
    }

    /** Not now, or not here: nothing was applied, and the same may succeed later. */
    private static void later(
            Map<ErrorCode, Row> table,
            ErrorCode code,
            Class<? extends WalnutException> type,
            Function<Facts, WalnutException> create) {
        table.put(code, new Row(type, true, false, create));
    }

    /** What a node said. A code that this client does not know is taken by its flags. */
    static WalnutException of(ErrorDetail detail) {
        Row row = TABLE.get(detail.getCode());
        if (row == null) {
            return build(
                    ErrorCode.ERROR_CODE_INTERNAL,
                    "error code " + detail.getCodeValue() + ": " + detail.getMessage(),
                    detail.getRetryable(),
                    detail.getMayHaveBeenApplied(),
                    detail,
                    null);
        }
        return build(
                detail.getCode(),
                detail.getMessage(),
                row.retryable(),
                row.mayHaveBeenApplied() || detail.getMayHaveBeenApplied(),
                detail,
                null);
    }

    /**
     * How a call ended.
     *
     * @param sent the request had left this client
     */
    static WalnutException of(Status status, @Nullable Metadata trailers, boolean sent, String endpoint) {
        ErrorDetail detail = trailers == null ? null : trailers.get(TRAILER);
        if (detail != null) {
            return of(detail);
        }
        String message = reason(status, endpoint);
        Throwable cause = status.getCause();
        return switch (status.getCode()) {
            case UNAVAILABLE -> build(ErrorCode.ERROR_CODE_UNAVAILABLE, message, true, sent, null, cause);
            case INTERNAL, UNKNOWN, ABORTED, CANCELLED, DEADLINE_EXCEEDED ->
                build(
                        sent ? ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN : ErrorCode.ERROR_CODE_UNAVAILABLE,
                        message,
                        true,
                        sent,
                        null,
                        cause);
            // The transport's own limit of a message; the nodes' limit comes with a detail.
            case RESOURCE_EXHAUSTED -> build(ErrorCode.ERROR_CODE_RECORD_TOO_LARGE, message, false, sent, null, cause);
            case INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED ->
                build(ErrorCode.ERROR_CODE_INVALID_ARGUMENT, message, false, false, null, cause);
            case UNIMPLEMENTED ->
                build(
                        ErrorCode.ERROR_CODE_INTERNAL,
                        endpoint + " does not know the call: it is a node's port for its peers, not for clients ("
                                + Endpoints.DEFAULT_PORT + " unless set), or a Walnut of another version",
                        false,
                        false,
                        null,
                        cause);
            default -> build(ErrorCode.ERROR_CODE_INTERNAL, message, false, sent, null, cause);
        };
    }

    /** What the transport says, in words; begins with the endpoint. */
    private static String reason(Status status, String endpoint) {
        if (isNotAClientPort(status)) {
            return endpoint + " is not a port for clients (" + Endpoints.DEFAULT_PORT + " unless set)";
        }
        Throwable root = status.getCause();
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        String text = root == null || root.getMessage() == null ? status.getDescription() : root.getMessage();
        if (root instanceof UnknownHostException) {
            return endpoint + " is an unknown host";
        }
        if (root instanceof ConnectException && String.valueOf(text).contains("refused")) {
            return endpoint + " refused the connection";
        }
        return endpoint + ": " + (text == null ? status.getCode().toString() : text);
    }

    /** Something answers there that does not speak HTTP/2: the node's port of the metrics, or another program. */
    static boolean isNotAClientPort(Status status) {
        for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).startsWith("First received frame was not SETTINGS")) {
                return true;
            }
        }
        return false;
    }

    /** The node did not answer an attempt in time. */
    static WalnutException noAnswer(String endpoint, boolean sent, Duration within) {
        String message = endpoint + ": no answer within " + human(within);
        return sent ? unknown(message, null) : unavailable(message, null);
    }

    /**
     * The overall deadline has passed.
     *
     * @param ambiguous an attempt was sent whose outcome is not known
     */
    static WalnutException deadline(boolean ambiguous, NodeFailures failures, Duration deadline, String what) {
        WalnutException last = failures.last();
        if (ambiguous) {
            return unknown(
                    what + ": outcome unknown after " + human(deadline) + "; last: "
                            + (last == null ? "no answer" : last.getMessage()),
                    last);
        }
        if (failures.leaderless()) {
            return unavailable(
                    what + ": no leader within " + human(deadline) + ": " + failures.reasons()
                            + ". A cluster needs a majority of its nodes",
                    last);
        }
        String message = what + ": gave up after " + human(deadline) + ": " + failures.reasons();
        if (last instanceof WalnutException.Overloaded || last instanceof WalnutException.StorageFull) {
            return build(last.code(), message, true, false, null, last);
        }
        return unavailable(message, last);
    }

    static WalnutException unavailable(String message, @Nullable Throwable cause) {
        return build(ErrorCode.ERROR_CODE_UNAVAILABLE, message, true, false, null, cause);
    }

    static WalnutException unknown(String message, @Nullable Throwable cause) {
        return build(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN, message, true, true, null, cause);
    }

    static WalnutException overloaded(String message) {
        return build(ErrorCode.ERROR_CODE_OVERLOADED, message, true, false, null, null);
    }

    static WalnutException invalid(@Nullable String message) {
        return build(ErrorCode.ERROR_CODE_INVALID_ARGUMENT, message, false, false, null, null);
    }

    static WalnutException notFound(String message) {
        return build(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, message, false, false, null, null);
    }

    static WalnutException tooLarge(String message) {
        return build(ErrorCode.ERROR_CODE_RECORD_TOO_LARGE, message, false, false, null, null);
    }

    /** A record that no batch is begun with. */
    static WalnutException recordTooLarge(String message) {
        ErrorDetail alone = ErrorDetail.newBuilder().setRecordInBatch(1).build();
        return build(ErrorCode.ERROR_CODE_RECORD_TOO_LARGE, message, false, false, alone, null);
    }

    static WalnutException checksum(String message) {
        return build(ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH, message, true, false, null, null);
    }

    static WalnutException internal(String message, @Nullable Throwable cause) {
        return build(ErrorCode.ERROR_CODE_INTERNAL, message, false, false, null, cause);
    }

    /** The same failure of a request of which an earlier attempt may have been applied. */
    static WalnutException afterUnknown(WalnutException failure) {
        if (failure.mayHaveBeenApplied()) {
            return failure;
        }
        return build(
                failure.code(),
                failure.getMessage() + " (an earlier attempt may have been applied)",
                failure.retryable(),
                true,
                null,
                failure);
    }

    private static WalnutException build(
            ErrorCode code,
            @Nullable String message,
            boolean retryable,
            boolean mayHaveBeenApplied,
            @Nullable ErrorDetail bounds,
            @Nullable Throwable cause) {
        Row row = TABLE.get(code);
        if (row == null) {
            throw new AssertionError("no row for " + code);
        }
        return row.create()
                .apply(new Facts(
                        code,
                        String.valueOf(message),
                        retryable,
                        mayHaveBeenApplied,
                        bounds == null ? 0 : bounds.getStartOffset(),
                        bounds == null ? 0 : bounds.getEndOffset(),
                        bounds == null ? 0 : bounds.getRecordInBatch(),
                        cause));
    }

    private static String human(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) {
            return "less than 1 ms";
        }
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }
}
