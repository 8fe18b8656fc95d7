package io.walnut.node.rpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.walnut.node.append.AppendRefusedException;
import io.walnut.node.raft.SubmitException;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where a failure becomes what the client is told: an {@link ErrorDetail}, and a gRPC status that carries it. */
final class Errors {
    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

    /** Trailer of unary and reading calls. */
    static final Metadata.Key<ErrorDetail> TRAILER =
            Metadata.Key.of("walnut-error-bin", ProtoUtils.metadataMarshaller(ErrorDetail.getDefaultInstance()));

    static final String NO_LEADER = "this node knows no leader at the moment";

    private final Function<String, Optional<String>> clientAddressOf;

    /** @param clientAddressOf client address of a node id, as far as it is known */
    Errors(Function<String, Optional<String>> clientAddressOf) {
        this.clientAddressOf = clientAddressOf;
    }

    /** What the client is told about a failure. */
    ErrorDetail detail(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        ErrorDetail.Builder detail = ErrorDetail.newBuilder().setMessage(String.valueOf(cause.getMessage()));
        switch (cause) {
            case RequestException request -> detail.mergeFrom(request.detail());
            case AppendRefusedException refused -> detail.setCode(codeOf(refused.reason()));
            case SubmitException submit -> submitFailure(submit, detail);
            default -> {
                LOG.warn("a request failed in a way that nobody expected", cause);
                detail.setCode(ErrorCode.ERROR_CODE_INTERNAL)
                        .setMessage("internal error: " + cause)
                        // Where it broke is not known, so neither is what was done before.
                        .setMayHaveBeenApplied(true);
            }
        }
        return withConsequences(detail);
    }

    private void submitFailure(SubmitException failure, ErrorDetail.Builder detail) {
        switch (failure) {
            case SubmitException.NotLeader notLeader -> {
                // Ratis says it in ids of its own.
                detail.setCode(ErrorCode.ERROR_CODE_NOT_LEADER)
                        .setMessage(notLeader
                                .leaderId()
                                .map(id -> "this node does not lead; " + id + " does")
                                .orElse(NO_LEADER));
                notLeader.leaderId().ifPresent(id -> leader(id, detail));
            }
            case SubmitException.Overloaded _ -> detail.setCode(ErrorCode.ERROR_CODE_OVERLOADED);
            case SubmitException.StorageFull _ -> detail.setCode(ErrorCode.ERROR_CODE_STORAGE_FULL);
            case SubmitException.OutcomeUnknown _ -> detail.setCode(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN);
            case SubmitException.NodeFailed _ -> detail.setCode(ErrorCode.ERROR_CODE_NODE_FAILED);
        }
    }

    private void leader(String id, ErrorDetail.Builder detail) {
        detail.setLeaderId(id);
        clientAddressOf.apply(id).ifPresent(detail::setLeaderAddress);
    }

    /** The answer of a node that does not lead; {@code leader} as far as it knows. */
    RequestException notLeader(String nodeId, Optional<String> leader) {
        ErrorDetail.Builder detail = ErrorDetail.newBuilder()
                .setCode(ErrorCode.ERROR_CODE_NOT_LEADER)
                .setMessage(leader.map(id -> "node " + nodeId + " does not lead; " + id + " does")
                        .orElse("node " + nodeId + " does not lead, and knows no leader at the moment"));
        leader.ifPresent(id -> leader(id, detail));
        return new RequestException(withConsequences(detail));
    }

    private static ErrorCode codeOf(AppendRefusedException.Reason reason) {
        return switch (reason) {
            case OVERLOADED -> ErrorCode.ERROR_CODE_OVERLOADED;
            case NOT_SENT_IN_TIME -> ErrorCode.ERROR_CODE_UNAVAILABLE;
            case OUTCOME_UNKNOWN -> ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN;
            case STOPPING -> ErrorCode.ERROR_CODE_UNAVAILABLE;
        };
    }

    private static ErrorDetail withConsequences(ErrorDetail.Builder detail) {
        return switch (detail.getCode()) {
            case ERROR_CODE_OUTCOME_UNKNOWN ->
                detail.setMayHaveBeenApplied(true).setRetryable(true).build();
            case ERROR_CODE_NOT_LEADER,
                    ERROR_CODE_UNAVAILABLE,
                    ERROR_CODE_OVERLOADED,
                    ERROR_CODE_STORAGE_FULL,
                    ERROR_CODE_NODE_FAILED,
                    // The bytes were damaged on their way: the sender still has the right ones.
                    ERROR_CODE_CHECKSUM_MISMATCH -> detail.setRetryable(true).build();
            default -> detail.build();
        };
    }

    /** The failure as gRPC ends a call with it. */
    StatusRuntimeException status(Throwable failure) {
        ErrorDetail detail = detail(failure);
        Metadata trailers = new Metadata();
        trailers.put(TRAILER, detail);
        return statusOf(detail.getCode()).withDescription(detail.getMessage()).asRuntimeException(trailers);
    }

    private static final Map<ErrorCode, Status> STATUS = Map.ofEntries(
            Map.entry(ErrorCode.ERROR_CODE_INVALID_ARGUMENT, Status.INVALID_ARGUMENT),
            Map.entry(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, Status.NOT_FOUND),
            Map.entry(ErrorCode.ERROR_CODE_LOG_EXISTS, Status.ALREADY_EXISTS),
            Map.entry(ErrorCode.ERROR_CODE_LOG_SEALED, Status.FAILED_PRECONDITION),
            Map.entry(ErrorCode.ERROR_CODE_OFFSET_TRIMMED, Status.OUT_OF_RANGE),
            Map.entry(ErrorCode.ERROR_CODE_OFFSET_BEYOND_END, Status.OUT_OF_RANGE),
            Map.entry(ErrorCode.ERROR_CODE_RECORD_TOO_LARGE, Status.INVALID_ARGUMENT),
            Map.entry(ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH, Status.DATA_LOSS),
            Map.entry(ErrorCode.ERROR_CODE_NOT_LEADER, Status.UNAVAILABLE),
            Map.entry(ErrorCode.ERROR_CODE_UNAVAILABLE, Status.UNAVAILABLE),
            // Not UNAVAILABLE: clients that know nothing of us retry that on their own.
            Map.entry(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN, Status.UNKNOWN),
            Map.entry(ErrorCode.ERROR_CODE_OVERLOADED, Status.RESOURCE_EXHAUSTED),
            Map.entry(ErrorCode.ERROR_CODE_OUT_OF_SEQUENCE, Status.ABORTED),
            Map.entry(ErrorCode.ERROR_CODE_FENCED, Status.FAILED_PRECONDITION),
            Map.entry(ErrorCode.ERROR_CODE_STORAGE_FULL, Status.RESOURCE_EXHAUSTED),
            Map.entry(ErrorCode.ERROR_CODE_NODE_FAILED, Status.UNAVAILABLE),
            Map.entry(ErrorCode.ERROR_CODE_INTERNAL, Status.INTERNAL));

    static Status statusOf(ErrorCode code) {
        return STATUS.getOrDefault(code, Status.INTERNAL);
    }
}
