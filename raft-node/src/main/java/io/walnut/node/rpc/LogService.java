package io.walnut.node.rpc;

import io.grpc.Context;
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
import io.walnut.protocol.v1.ListLogsRequest;
import io.walnut.protocol.v1.ListLogsResponse;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.ReadRequest;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.SealLogRequest;
import io.walnut.protocol.v1.SealLogResponse;
import io.walnut.protocol.v1.TailRequest;
import io.walnut.protocol.v1.TrimLogRequest;
import io.walnut.protocol.v1.TrimLogResponse;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.LogInfo;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;

/** Named logs over gRPC. Handlers run in virtual threads and may block. */
final class LogService extends LogServiceGrpc.LogServiceImplBase implements AutoCloseable {
    private static final int MAX_LISTED = 1_000;

    private final NodeLogs logs;
    private final Appends appends;
    private final Errors errors;
    private final NodeMetrics metrics;
    private final TailWaiters tails;
    private final BoundedWait wait;
    private final LogLookup lookup;

    LogService(NodeLogs logs, NodeConfig config, Errors errors, NodeMetrics metrics) {
        this.logs = logs;
        this.wait = new BoundedWait(config.append().timeout());
        this.lookup = new LogLookup(logs, wait);
        this.appends = new Appends(logs, lookup, config, metrics);
        this.errors = errors;
        this.metrics = metrics;
        this.tails = new TailWaiters(logs, config.electionTimeout());
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
            NodeLogs.Created created = wait.forChange(logs.create(request.getName(), request.getIfAbsent()));
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
                        .setLog(Outcomes.protocol(
                                lookup.find(request.getName(), Command.ANY_LOG, request.getConsistency())))
                        .build());
    }

    @Override
    public void listLogs(ListLogsRequest request, StreamObserver<ListLogsResponse> client) {
        answer(client, () -> {
            lookup.barrier(request.getConsistency());
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
                    .setLog(Outcomes.protocol(wait.forChange(logs.seal(request.getName(), request.getLogId()))))
                    .build();
        });
    }

    @Override
    public void trimLog(TrimLogRequest request, StreamObserver<TrimLogResponse> client) {
        answer(client, () -> {
            RequestException.checkName(request.getName());
            LogLookup.checkOffset(request.getBeforeOffset());
            logs.requireLeader();
            return TrimLogResponse.newBuilder()
                    .setLog(Outcomes.protocol(wait.forChange(
                            logs.trim(request.getName(), request.getLogId(), request.getBeforeOffset()))))
                    .build();
        });
    }

    @Override
    public void deleteLog(DeleteLogRequest request, StreamObserver<DeleteLogResponse> client) {
        answer(client, () -> {
            RequestException.checkName(request.getName());
            logs.requireLeader();
            Void _ = wait.forChange(logs.delete(request.getName(), request.getLogId()));
            return DeleteLogResponse.getDefaultInstance();
        });
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> client) {
        session(client, session -> {
            LogInfo log = lookup.findUpTo(
                    request.getLog(), request.getLogId(), request.getFromOffset(), request.getConsistency());
            session.read(log, request.getFromOffset(), request.getMaxRecords(), request.getMaxBytes());
        });
    }

    @Override
    public void tail(TailRequest request, StreamObserver<ReadResponse> client) {
        session(client, session -> {
            LogInfo log = lookup.findUpTo(
                    request.getLog(), request.getLogId(), request.getFromOffset(), request.getConsistency());
            metrics.tails.increment();
            try {
                session.tail(log, request.getFromOffset(), request.getConsistency(), tails);
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
