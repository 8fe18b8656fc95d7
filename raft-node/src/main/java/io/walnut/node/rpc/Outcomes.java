package io.walnut.node.rpc;

import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.Durability;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.LogInfo;
import io.walnut.wal.logs.Result;

/** What the named logs answered, in the words of the protocol. */
final class Outcomes {
    private Outcomes() {}

    static LogInfo protocol(io.walnut.wal.logs.LogInfo log) {
        return LogInfo.newBuilder()
                .setName(log.name())
                .setLogId(log.id())
                .setStartOffset(log.startOffset())
                .setEndOffset(log.endOffset())
                .setSealed(log.sealed())
                .setCreatedMs(log.createdMs())
                .setLastAppendMs(log.lastAppendMs())
                .build();
    }

    static AppendResponse response(Result.AppendOutcome outcome) throws RequestException {
        return switch (outcome) {
            case Result.Appended(long first, long next, long timestampMs, boolean duplicate) ->
                AppendResponse.newBuilder()
                        .setFirstOffset(first)
                        .setNextOffset(next)
                        .setTimestampMs(timestampMs)
                        .setDuplicate(duplicate)
                        // Applied means committed, and a member counts towards the majority once its sync is done.
                        .setDurability(Durability.DURABILITY_MAJORITY_SYNCED)
                        .build();
            case Result.NotAppended(Result.Rejection rejection) -> throw rejected(rejection);
        };
    }

    static RequestException rejected(Result.Rejection rejection) {
        return new RequestException(ErrorDetail.newBuilder()
                .setCode(codeOf(rejection.reason()))
                .setMessage(rejection.message() + whatToDo(rejection.reason()))
                .setStartOffset(rejection.startOffset())
                .setEndOffset(rejection.endOffset())
                .build());
    }

    /** The index of the logs says what it found; what its caller can do is for this side to say. */
    private static String whatToDo(Result.Reason reason) {
        return switch (reason) {
            case LOG_SEALED -> "; append to another log";
            case OUT_OF_SEQUENCE -> "; append through a new appender";
            case LOG_NOT_FOUND,
                    LOG_EXISTS,
                    OFFSET_BEYOND_END,
                    INVALID_NAME,
                    MALFORMED,
                    FENCED,
                    OFFSET_MISMATCH,
                    ABORTED,
                    TOO_MANY_CURSORS -> "";
        };
    }

    private static ErrorCode codeOf(Result.Reason reason) {
        return switch (reason) {
            case LOG_NOT_FOUND -> ErrorCode.ERROR_CODE_LOG_NOT_FOUND;
            case LOG_EXISTS -> ErrorCode.ERROR_CODE_LOG_EXISTS;
            case LOG_SEALED -> ErrorCode.ERROR_CODE_LOG_SEALED;
            case OFFSET_BEYOND_END -> ErrorCode.ERROR_CODE_OFFSET_BEYOND_END;
            // The last three answer conditions and cursors, which the protocol does not have yet: nobody sends them.
            case INVALID_NAME, MALFORMED, OFFSET_MISMATCH, ABORTED, TOO_MANY_CURSORS ->
                ErrorCode.ERROR_CODE_INVALID_ARGUMENT;
            case OUT_OF_SEQUENCE -> ErrorCode.ERROR_CODE_OUT_OF_SEQUENCE;
            case FENCED -> ErrorCode.ERROR_CODE_FENCED;
        };
    }
}
