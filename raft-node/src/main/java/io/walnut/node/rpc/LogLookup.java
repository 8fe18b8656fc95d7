package io.walnut.node.rpc;

import io.walnut.node.raft.SubmitException;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.LogInfo;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/**
 * Finds logs by name. What this node has applied may be old: that there is no such log, or no such offset, is said only after a
 * barrier, and a node that cannot have one says that it does not know. Thread-safe; blocks.
 */
final class LogLookup {
    private final NodeLogs logs;
    private final BoundedWait wait;

    LogLookup(NodeLogs logs, BoundedWait wait) {
        this.logs = logs;
        this.wait = wait;
    }

    /** Returns when this node's view is as good as the consistency asks for. */
    void barrier(ReadConsistency consistency) throws RequestException, ExecutionException {
        switch (consistency) {
            case READ_CONSISTENCY_COMMITTED -> {}
            case READ_CONSISTENCY_LINEARIZABLE -> wait.forBarrier(logs.readBarrier());
            case UNRECOGNIZED -> throw RequestException.invalid("unknown consistency");
        }
    }

    /** The log of that name and id; of any id with {@link Command#ANY_LOG}. */
    LogInfo find(String name, long logId, ReadConsistency consistency) throws RequestException, ExecutionException {
        RequestException.checkName(name);
        barrier(consistency);
        Optional<LogInfo> log = look(name, logId);
        if (log.isEmpty() && consistency == ReadConsistency.READ_CONSISTENCY_COMMITTED) {
            catchUp("does not know log '" + name + "'");
            log = look(name, logId);
        }
        return log.orElseThrow(
                () -> logId == Command.ANY_LOG ? RequestException.notFound(name) : RequestException.deleted(name));
    }

    private Optional<LogInfo> look(String name, long logId) {
        return logs.find(name).filter(log -> logId == Command.ANY_LOG || log.id() == logId);
    }

    /** The log, applied here at least to the offset. */
    LogInfo findUpTo(String name, long logId, long offset, ReadConsistency consistency)
            throws RequestException, ExecutionException {
        checkOffset(offset);
        LogInfo log = find(name, logId, consistency);
        if (offset > log.endOffset() && consistency == ReadConsistency.READ_CONSISTENCY_COMMITTED) {
            // A reader that comes from another node may be ahead of what this one has applied.
            catchUp("knows log '" + name + "' up to offset " + log.endOffset() + ", and not " + offset);
            log = look(name, log.id()).orElseThrow(() -> RequestException.deleted(name));
        }
        if (offset > log.endOffset()) {
            throw RequestException.beyondEnd(name, offset, log.startOffset(), log.endOffset());
        }
        if (offset < log.startOffset()) {
            throw RequestException.trimmed(name, offset, log.startOffset(), log.endOffset());
        }
        return log;
    }

    static void checkOffset(long offset) throws RequestException {
        if (offset < 0) {
            throw RequestException.invalid("offset " + Long.toUnsignedString(offset) + " is beyond all offsets");
        }
    }

    private void catchUp(String stand) throws RequestException {
        try {
            wait.forBarrier(logs.readBarrier());
        } catch (ExecutionException | RequestException e) {
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            throw RequestException.of(
                    ErrorCode.ERROR_CODE_UNAVAILABLE,
                    "this node " + stand + ", and cannot learn from the leader whether that is all: "
                            + (cause instanceof SubmitException.NotLeader ? Errors.NO_LEADER : cause.getMessage()));
        }
    }
}
