package io.walnut.node.rpc;

import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.StatusResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/**
 * The named logs as this node serves them. Thread-safe. Failures are {@link RequestException}s or those of the group and the
 * batcher; {@link Errors} knows all of them.
 */
public interface NodeLogs {
    /** What this node has applied of a log; empty when it knows none of that name. */
    Optional<LogInfo> find(String name);

    /** Up to {@code limit} logs whose names begin with {@code prefix}, in the order of names, strictly after {@code after}. */
    List<LogInfo> list(String prefix, String after, int limit);

    /**
     * Batches of a log from the one that holds {@code fromOffset} on; at least one where there is one, then as many as fit.
     * Verified bytes, as the client sent them.
     *
     * @param log as it was when the call began
     * @throws RequestException when the offset has been trimmed since, with the bounds that hold, or the log deleted
     */
    List<StoredBatch> read(LogInfo log, long fromOffset, long maxRecords, long maxBytes) throws RequestException;

    /** Whether this node knows a leader at the moment; cheap. */
    boolean hasLeader();

    /** Ends when this node has applied all that was acknowledged anywhere before the call. */
    CompletableFuture<?> readBarrier();

    /**
     * Passes when this node leads and is ready to take commands.
     *
     * @throws RequestException when it does not, with the leader as far as it is known
     */
    void requireLeader() throws RequestException;

    /** Ends when applied. The answer says where the batch stands. */
    CompletableFuture<AppendResponse> append(AppendItem batch, long deadlineNanos, Runnable admitted);

    CompletableFuture<Created> create(String name, boolean ifAbsent);

    /** Changes only the log of that id, whatever has its name by now, unless it is ANY_LOG; so do the two below. */
    CompletableFuture<LogInfo> seal(String name, long logId);

    CompletableFuture<LogInfo> trim(String name, long logId, long beforeOffset);

    CompletableFuture<Void> delete(String name, long logId);

    /** Calls the listener after each applied entry, from the applying thread: it must return at once. */
    void addAppliedListener(LongConsumer listener);

    void removeAppliedListener(LongConsumer listener);

    StatusResponse status();

    /** A log, and whether this request made it. */
    record Created(LogInfo log, boolean created) {}
}
