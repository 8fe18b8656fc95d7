package io.walnut.node.raft;

import io.walnut.wal.logs.BatchLocation;
import io.walnut.wal.logs.BatchReader;
import io.walnut.wal.logs.LogInfo;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.server.raftlog.RaftLog;

/**
 * The named logs as this member has applied them. From any thread, on any member. What it shows never goes back; a read
 * after {@link RaftGroupNode#readBarrier} is linearizable.
 */
public final class LogView {
    private final LogsState state;
    private final WalnutStateMachine stateMachine;

    LogView(LogsState state, WalnutStateMachine stateMachine) {
        this.state = state;
        this.stateMachine = stateMachine;
    }

    /** The log of that name, if there is one. */
    public Optional<LogInfo> describe(String name) {
        return state.index().describe(name);
    }

    /** Logs whose names begin with {@code prefix} and stand after {@code after}, by name, {@code limit} at most. */
    public List<LogInfo> list(String prefix, String after, int limit) {
        return state.index().list(prefix, after, limit);
    }

    /** Reads batches of a log that were located, one entry once. */
    public BatchReader reader(long logId) {
        return new BatchReader(stateMachine::readCommand, logId);
    }

    /** Number of logs. */
    public int size() {
        return state.index().size();
    }

    /** Index of the last applied entry: what is shown here includes it. */
    public long appliedIndex() {
        long index = stateMachine.getLastAppliedTermIndex().getIndex();
        return Math.max(index, RaftLog.INVALID_LOG_INDEX);
    }

    /**
     * The batches of a log from the one that holds {@code offset} on, {@code limit} at most. Empty when the log is gone or
     * ends there; a trimmed offset is answered from the start of the log.
     */
    public List<BatchLocation> locate(long logId, long offset, int limit) {
        return state.index().locate(logId, offset, limit);
    }
}
