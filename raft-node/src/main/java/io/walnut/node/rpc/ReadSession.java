package io.walnut.node.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.wal.logs.LogInfo;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * One read or tail call, run by a virtual thread of its own, which waits while the client does not read. Holds one message at
 * a time beside what the transport has taken. Whoever makes the client ready, or cancels it, unparks that thread.
 */
final class ReadSession {
    private static final long MESSAGE_BYTES = 1L << 20;

    private final NodeLogs logs;
    private final ServerCallStreamObserver<ReadResponse> client;
    private final NodeMetrics metrics;

    ReadSession(NodeLogs logs, ServerCallStreamObserver<ReadResponse> client, NodeMetrics metrics) {
        this.logs = logs;
        this.client = client;
        this.metrics = metrics;
    }

    /** Sends what lies between the offsets; {@code log} is as it was when the call began. */
    void read(LogInfo log, long fromOffset, long maxRecords, long maxBytes) throws RequestException {
        long end = log.endOffset();
        if (maxRecords > 0 && maxRecords < end - fromOffset) {
            end = fromOffset + maxRecords;
        }
        long bytesLeft = maxBytes > 0 ? maxBytes : Long.MAX_VALUE;
        long next = fromOffset;
        do {
            List<StoredBatch> batches =
                    next < end ? logs.read(log, next, end - next, Math.min(MESSAGE_BYTES, bytesLeft)) : List.of();
            bytesLeft -= bytes(batches);
            next = batches.isEmpty() ? end : endOf(batches);
            boolean last = next >= end || bytesLeft <= 0;
            if (!send(log, batches, last)) {
                return;
            }
            if (last) {
                client.onCompleted();
                return;
            }
        } while (true);
    }

    /**
     * Sends everything from the offset on, and then each new batch, until the client ends the call or the log its life. A
     * linearizable tail does not stay at the end of what may be old: it sends its client to another node.
     */
    void tail(LogInfo log, long fromOffset, ReadConsistency consistency, TailWaiters waiters) throws RequestException {
        boolean mayBeOld = consistency == ReadConsistency.READ_CONSISTENCY_COMMITTED;
        long next = fromOffset;
        boolean toldEnd = false;
        while (true) {
            LogInfo now = current(log);
            List<StoredBatch> batches =
                    next < now.endOffset() ? logs.read(log, next, Long.MAX_VALUE, MESSAGE_BYTES) : List.of();
            if (!batches.isEmpty()) {
                next = endOf(batches);
                now = current(log);
            }
            boolean atEnd = next >= now.endOffset();
            if ((!batches.isEmpty() || !toldEnd || now.sealed()) && !send(now, batches, atEnd)) {
                return;
            }
            toldEnd = atEnd;
            if (atEnd && now.sealed()) {
                client.onCompleted();
                return;
            }
            if (atEnd) {
                long from = next;
                // The client last: to look at the log may take a lock, and that swallows a wake-up that came before.
                waiters.await(
                        () -> hasMore(log, from) || (!mayBeOld && waiters.isOutOfTouch()) || client.isCancelled());
                if (!mayBeOld && waiters.isOutOfTouch() && !hasMore(log, from)) {
                    throw RequestException.of(
                            ErrorCode.ERROR_CODE_UNAVAILABLE,
                            "this node has lost its leader, and may not know of new records; tail at another one");
                }
            }
            if (waiters.isClosed()) {
                throw RequestException.of(ErrorCode.ERROR_CODE_UNAVAILABLE, "this node is stopping");
            }
            if (client.isCancelled()) {
                return;
            }
        }
    }

    private boolean hasMore(LogInfo log, long offset) {
        return logs.find(log.name())
                .map(now -> now.id() != log.id() || now.endOffset() > offset || now.sealed())
                .orElse(true);
    }

    private LogInfo current(LogInfo log) throws RequestException {
        return logs.find(log.name())
                .filter(now -> now.id() == log.id())
                .orElseThrow(() -> RequestException.deleted(log.name()));
    }

    /** False when the client has gone. */
    private boolean send(LogInfo log, List<StoredBatch> batches, boolean atEnd) {
        while (!client.isReady()) {
            if (client.isCancelled()) {
                return false;
            }
            LockSupport.park(this);
        }
        client.onNext(ReadResponse.newBuilder()
                .addAllBatches(batches)
                .setEndOffset(log.endOffset())
                .setAtEnd(atEnd)
                .setSealed(log.sealed())
                .setLogId(log.id())
                .build());
        metrics.readBytes.inc(bytes(batches));
        metrics.readRecords.inc(
                batches.stream().mapToLong(batch -> batch.getBatch().getCount()).sum());
        return !client.isCancelled();
    }

    private static long endOf(List<StoredBatch> batches) {
        StoredBatch last = batches.getLast();
        return last.getBaseOffset() + last.getBatch().getCount();
    }

    private static long bytes(List<StoredBatch> batches) {
        long bytes = 0;
        for (StoredBatch batch : batches) {
            bytes += batch.getBatch().getRecords().size();
        }
        return bytes;
    }
}
