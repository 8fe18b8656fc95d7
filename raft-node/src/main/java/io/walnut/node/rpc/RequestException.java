package io.walnut.node.rpc;

import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.wal.logs.LogName;
import java.io.Serial;
import java.util.Optional;

/** A request that ends with an error which its sender is told in full. */
public final class RequestException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient ErrorDetail detail;

    public RequestException(ErrorDetail detail) {
        // Told to the client, not logged: the trace would be of no use.
        super(detail.getMessage(), null, false, false);
        this.detail = detail;
    }

    public ErrorDetail detail() {
        return detail;
    }

    static RequestException of(ErrorCode code, String message) {
        return new RequestException(
                ErrorDetail.newBuilder().setCode(code).setMessage(message).build());
    }

    public static RequestException invalid(String message) {
        return of(ErrorCode.ERROR_CODE_INVALID_ARGUMENT, message);
    }

    public static RequestException notFound(String log) {
        return of(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, "there is no log '" + log + "'");
    }

    /** The very log that was meant is gone, whatever else has its name by now. */
    static RequestException deleted(String log) {
        return of(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, "log '" + log + "' has been deleted while it was read");
    }

    /** Passes when the name may be that of a log. */
    static void checkName(String log) throws RequestException {
        Optional<String> problem = LogName.problem(log);
        if (problem.isPresent()) {
            throw invalid(problem.get());
        }
    }

    static RequestException beyondEnd(String log, long offset, long startOffset, long endOffset) {
        return new RequestException(ErrorDetail.newBuilder()
                .setCode(ErrorCode.ERROR_CODE_OFFSET_BEYOND_END)
                .setMessage("log '" + log + "' ends at offset " + endOffset + "; there is no offset " + offset
                        + "; read from " + startOffset + " to " + endOffset + ", or tail from the end")
                .setStartOffset(startOffset)
                .setEndOffset(endOffset)
                .build());
    }

    static RequestException trimmed(String log, long offset, long startOffset, long endOffset) {
        return new RequestException(ErrorDetail.newBuilder()
                .setCode(ErrorCode.ERROR_CODE_OFFSET_TRIMMED)
                .setMessage("offset " + offset + " of log '" + log + "' has been trimmed; the first that is left is "
                        + startOffset + "; read from " + startOffset + " on, knowing the gap")
                .setStartOffset(startOffset)
                .setEndOffset(endOffset)
                .build());
    }
}
