package io.walnut.node.rpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.AppendStreamResponse;
import io.walnut.protocol.v1.CreateLogRequest;
import io.walnut.protocol.v1.CreateLogResponse;
import io.walnut.protocol.v1.DeleteLogRequest;
import io.walnut.protocol.v1.DeleteLogResponse;
import io.walnut.protocol.v1.DescribeLogRequest;
import io.walnut.protocol.v1.DescribeLogResponse;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ListLogsRequest;
import io.walnut.protocol.v1.ListLogsResponse;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.ReadRequest;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.SealLogRequest;
import io.walnut.protocol.v1.SealLogResponse;
import io.walnut.protocol.v1.TailRequest;
import io.walnut.protocol.v1.TrimLogRequest;
import io.walnut.protocol.v1.TrimLogResponse;
import io.walnut.wal.logs.LogInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** Named logs over gRPC. Handlers run in virtual threads and may block. */
final class LogService extends LogServiceGrpc.LogServiceImplBase implements AutoCloseable {
    private static final int MAX_LISTED = 1_000;

    private final NodeLogs logs;
    private final Appends appends;
    private final Errors errors;
    private final NodeMetrics metrics;
    private final TailWaiters tails;
    private final long timeoutNanos;

    LogService(NodeLogs logs, NodeConfig config, Errors errors, NodeMetrics metrics) {
        this.logs = logs;
        this.appends = new Appends(logs, config, metrics);
        this.errors = errors;
        this.metrics = metrics;
        this.tails = new TailWaiters(logs);
        this.timeoutNanos = config.append().timeout().toNanos();
    }

    @Override
    public void append(AppendRequest request, StreamObserver<AppendResponse> client) {
        answerLater(appends.append(request, Context.current().getDeadline(), () -> {}), client);
    }

    @Override
    public StreamObserver<AppendRequest> appendStream(StreamObserver<AppendStreamResponse> client) {
        return new AppendStream(
                appends,
                errors,
                (ServerCallStreamObserver<AppendStreamResponse>) client,
                Context.current().getDeadline());
    }

    @Override
    public void createLog(CreateLogRequest request, StreamObserver<CreateLogResponse> client) {
        answer(client, () -> {
            RequestException.checkName(request.getName());
            logs.requireLeader();
            NodeLogs.Created created = await(logs.create(request.getName(), request.getIfAbsent()), true);
            return CreateLogResponse.newBuilder()
                    .setLog(Outcomes.protocol(created.log()))
                    .setCreated(created.created())
                    .build();
        });
    }

    @Override
    public void describeLog(DescribeLogRequest request, StreamObserver<DescribeLogResponse> client) {
        answer(
                client,
                () -> DescribeLogResponse.newBuilder()
                        .setLog(Outcomes.protocol(found(request.getName(), request.getConsistency())))
                        .build());
    }

    @Override
    public void listLogs(ListLogsRequest request, StreamObserver<ListLogsResponse> client) {
        answer(client, () -> {
            barrier(request.getConsistency());
            int limit = request.getLimit() <= 0 ? MAX_LISTED : Math.min(MAX_LISTED, request.getLimit());
            List<LogInfo> found = logs.list(request.getPrefix(), request.getAfter(), limit + 1);
            return ListLogsResponse.newBuilder()
                    .addAllLogs(
                            found.stream().limit(limit).map(Outcomes::protocol).toList())
                    .setMore(found.size() > limit)
                    .build();
        });
    }

    @Override
    public void sealLog(SealLogRequest request, StreamObserver<SealLogResponse> client) {
        answer(client, () -> {
            RequestException.checkName(request.getName());
            logs.requireLeader();
            return SealLogResponse.newBuilder()
                    .setLog(Outcomes.protocol(await(logs.seal(request.getName()), true)))
                    .build();
        });
    }

    @Override
    public void trimLog(TrimLogRequest request, StreamObserver<TrimLogResponse> client) {
        answer(client, () -> {
            RequestException.checkName(request.getName());
            checkOffset(request.getBeforeOffset());
            logs.requireLeader();
            return TrimLogResponse.newBuilder()
                    .setLog(Outcomes.protocol(await(logs.trim(request.getName(), request.getBeforeOffset()), true)))
                    .build();
        });
    }

    @Override
    public void deleteLog(DeleteLogRequest request, StreamObserver<DeleteLogResponse> client) {
        answer(client, () -> {
            RequestException.checkName(request.getName());
            logs.requireLeader();
            await(logs.delete(request.getName()), true);
            return DeleteLogResponse.getDefaultInstance();
        });
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> client) {
        session(client, session -> {
            LogInfo log = foundUpTo(request.getLog(), request.getFromOffset(), request.getConsistency());
            session.read(log, request.getFromOffset(), request.getMaxRecords(), request.getMaxBytes());
        });
    }

    @Override
    public void tail(TailRequest request, StreamObserver<ReadResponse> client) {
        session(client, session -> {
            LogInfo log =
                    foundUpTo(request.getLog(), request.getFromOffset(), ReadConsistency.READ_CONSISTENCY_COMMITTED);
            metrics.tails.increment();
            try {
                session.tail(log, request.getFromOffset(), tails);
            } finally {
                metrics.tails.decrement();
            }
        });
    }

    private interface Session {
        void run(ReadSession session) throws RequestException, ExecutionException;
    }

    private void session(StreamObserver<ReadResponse> observer, Session work) {
        ServerCallStreamObserver<ReadResponse> client = (ServerCallStreamObserver<ReadResponse>) observer;
        // In a thread of its own, in the call's context: the call's handlers run only after this method has returned.
        Context context = Context.current();
        Thread thread = Thread.ofVirtual().name("read").unstarted(context.wrap(() -> {
            try {
                work.run(new ReadSession(logs, client, metrics));
            } catch (Exception e) {
                if (!client.isCancelled()) {
                    client.onError(errors.status(e));
                }
            }
        }));
        client.setOnReadyHandler(() -> LockSupport.unpark(thread));
        client.setOnCancelHandler(() -> LockSupport.unpark(thread));
        thread.start();
    }

    private LogInfo found(String name, ReadConsistency consistency) throws RequestException, ExecutionException {
        RequestException.checkName(name);
        barrier(consistency);
        Optional<LogInfo> log = logs.find(name);
        if (log.isEmpty() && consistency == ReadConsistency.READ_CONSISTENCY_COMMITTED && caughtUp()) {
            // A log that was created a moment ago may not have been applied here yet.
            log = logs.find(name);
        }
        return log.orElseThrow(() -> RequestException.notFound(name));
    }

    /** The log, applied here at least to the offset. */
    private LogInfo foundUpTo(String name, long offset, ReadConsistency consistency)
            throws RequestException, ExecutionException {
        checkOffset(offset);
        LogInfo log = found(name, consistency);
        if (offset > log.endOffset() && caughtUp()) {
            // A reader that comes from another node may be ahead of what this one has applied.
            log = logs.find(name).orElseThrow(() -> RequestException.notFound(name));
        }
        if (offset > log.endOffset()) {
            throw RequestException.beyondEnd(name, offset, log.startOffset(), log.endOffset());
        }
        if (offset < log.startOffset()) {
            throw RequestException.trimmed(name, offset, log.startOffset(), log.endOffset());
        }
        return log;
    }

    private static void checkOffset(long offset) throws RequestException {
        if (offset < 0) {
            throw RequestException.invalid("offset " + Long.toUnsignedString(offset) + " is beyond all offsets");
        }
    }

    private void barrier(ReadConsistency consistency) throws RequestException, ExecutionException {
        switch (consistency) {
            case READ_CONSISTENCY_COMMITTED -> {}
            case READ_CONSISTENCY_LINEARIZABLE -> await(logs.readBarrier(), false);
            case UNRECOGNIZED -> throw RequestException.invalid("unknown consistency");
        }
    }

    /** Whether this node has caught up with what was acknowledged before; without a leader it cannot know. */
    private boolean caughtUp() throws RequestException {
        try {
            await(logs.readBarrier(), false);
            return true;
        } catch (ExecutionException e) {
            return false;
        }
    }

    private <T> T await(CompletableFuture<T> future, boolean changes) throws RequestException, ExecutionException {
        Deadline deadline = Context.current().getDeadline();
        long left = deadline == null
                ? timeoutNanos
                : Math.min(timeoutNanos, deadline.timeRemaining(TimeUnit.NANOSECONDS) * 9 / 10);
        try {
            return future.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw changes
                    ? RequestException.of(
                            ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN,
                            "not answered in time by a majority; the change may have been applied, or still be")
                    : RequestException.of(ErrorCode.ERROR_CODE_UNAVAILABLE, "no majority answered in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RequestException.of(
                    changes ? ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN : ErrorCode.ERROR_CODE_UNAVAILABLE,
                    "this node is stopping");
        }
    }

    private interface Work<T> {
        T run() throws RequestException, ExecutionException;
    }

    private <T> void answer(StreamObserver<T> client, Work<T> work) {
        T response;
        try {
            response = work.run();
        } catch (RequestException | ExecutionException | RuntimeException e) {
            client.onError(errors.status(e));
            return;
        }
        client.onNext(response);
        client.onCompleted();
    }

    private <T> void answerLater(CompletableFuture<T> future, StreamObserver<T> client) {
        CompletableFuture<?> _ = future.whenComplete((response, failure) -> {
            if (((ServerCallStreamObserver<T>) client).isCancelled()) {
                return;
            }
            if (failure != null) {
                client.onError(errors.status(failure));
            } else {
                client.onNext(response);
                client.onCompleted();
            }
        });
    }

    /** Ends the tails. */
    @Override
    public void close() {
        tails.close();
    }
}
