package io.walnut.client;

import io.grpc.ManagedChannel;
import io.walnut.client.AppendPipeline.AfterFailure;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.CreateLogRequest;
import io.walnut.protocol.v1.CreateLogResponse;
import io.walnut.protocol.v1.DeleteLogRequest;
import io.walnut.protocol.v1.DeleteLogResponse;
import io.walnut.protocol.v1.DescribeLogRequest;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ListLogsRequest;
import io.walnut.protocol.v1.ListLogsResponse;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.SealLogRequest;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StatusResponse;
import io.walnut.protocol.v1.TrimLogRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A client of a Walnut cluster. Thread-safe; one is enough for a process. Blocking calls are meant for virtual threads as well.
 *
 * <p>Every call finds the leader by itself and retries what is safe to retry, with back-off, until its deadline has passed. What
 * it throws is a {@link WalnutException}; after {@link #close}, IllegalStateException.
 */
public final class Walnut implements AutoCloseable {
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);
    private static final Duration LONGEST_DEADLINE = Duration.ofDays(36_500);
    private static final Duration LONGEST_ATTEMPT = Duration.ofSeconds(5);
    private static final Duration SHORTEST_ATTEMPT = Duration.ofSeconds(1);
    private static final long TICK_MS = 20;
    private static final long IDLE_PIPELINE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int LIST_PAGE = 1_000;

    private final Transport transport;
    private final Router router;
    private final Duration deadline;
    private final Duration attemptTimeout;
    private final Caller caller;
    private final AppenderOptions sharedOptions = AppenderOptions.defaults();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "walnut-client-timer");
        thread.setDaemon(true);
        return thread;
    });

    private final ExecutorService calls = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "walnut-client-call");
        thread.setDaemon(true);
        return thread;
    });

    /** Of the single appends: one per log, so that calls of many threads share one stream and one producer. */
    private final ConcurrentMap<String, AppendPipeline> shared = new ConcurrentHashMap<>();

    private final Set<AppendPipeline> owned = ConcurrentHashMap.newKeySet();
    private final Set<LogReader> readers = ConcurrentHashMap.newKeySet();

    private Walnut(List<String> endpoints, Duration deadline, Function<String, ManagedChannel> channels) {
        this.deadline = deadline;
        Duration third = deadline.dividedBy(3);
        this.attemptTimeout = third.compareTo(LONGEST_ATTEMPT) > 0
                ? LONGEST_ATTEMPT
                : third.compareTo(SHORTEST_ATTEMPT) < 0 ? SHORTEST_ATTEMPT : third;
        this.transport = new Transport(channels);
        this.router = new Router(endpoints);
        this.caller = new Caller(transport, router, deadline, attemptTimeout);
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        timer.execute(() -> new MemberDiscovery(transport, router).start());
    }

    /** A client of the cluster of which some nodes are {@code host:port,host:port}. Connects when first used. */
    public static Walnut connect(String endpoints) {
        return builder().endpoints(endpoints).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Settings of a client. */
    public static final class Builder {
        private List<String> endpoints = List.of("127.0.0.1:" + Endpoints.DEFAULT_PORT);
        private Duration deadline = DEFAULT_DEADLINE;
        private Function<String, ManagedChannel> channels = Transport::tcp;

        private Builder() {}

        /** {@code host:port,host:port}; the other nodes are learnt from these. */
        public Builder endpoints(String hostsAndPorts) {
            endpoints = Endpoints.parse(hostsAndPorts);
            return this;
        }

        /** How long a call may take in all, retries included (30 s); more than a century is taken for a century. */
        public Builder deadline(Duration overall) {
            if (overall.isNegative() || overall.isZero()) {
                throw new IllegalArgumentException("the deadline is " + overall + "; expected more than 0");
            }
            deadline = overall.compareTo(LONGEST_DEADLINE) > 0 ? LONGEST_DEADLINE : overall;
            return this;
        }

        Builder channels(Function<String, ManagedChannel> open) {
            channels = open;
            return this;
        }

        public Walnut build() {
            return new Walnut(endpoints, deadline, channels);
        }
    }

    /**
     * Creates a log; throws LogExists when there is one of that name. With {@link WalnutException#mayHaveBeenApplied} it may be
     * this call that has made it, by an attempt whose answer was lost, or somebody else.
     */
    public LogInfo createLog(String log) {
        return create(log, false);
    }

    /** As {@link #createLog}. */
    public CompletableFuture<LogInfo> createLogAsync(String log) {
        return async(() -> createLog(log));
    }

    /** Creates a log unless there is one; answers with it either way. */
    public LogInfo createLogIfAbsent(String log) {
        return create(log, true);
    }

    /** As {@link #createLogIfAbsent}. */
    public CompletableFuture<LogInfo> createLogIfAbsentAsync(String log) {
        return async(() -> createLogIfAbsent(log));
    }

    private LogInfo create(String log, boolean ifAbsent) {
        CreateLogResponse response = caller.call(
                LogServiceGrpc.getCreateLogMethod(),
                CreateLogRequest.newBuilder()
                        .setName(LogNames.check(log))
                        .setIfAbsent(ifAbsent)
                        .build());
        return LogInfo.of(response.getLog());
    }

    /** The log as it is now: every append acknowledged before this call is in it. */
    public LogInfo describe(String log) {
        return LogInfo.of(caller.call(LogServiceGrpc.getDescribeLogMethod(), describeRequest(log))
                .getLog());
    }

    /**
     * The log as this node, {@code host:port}, has applied it, however old that is; asked once. Needs no majority, but for a log
     * that the node does not know.
     */
    public LogInfo describe(String log, String endpoint) {
        DescribeLogRequest request = DescribeLogRequest.newBuilder()
                .setName(LogNames.check(log))
                .setConsistency(ReadConsistency.READ_CONSISTENCY_COMMITTED)
                .build();
        String node = Endpoints.parse(endpoint).get(0);
        return LogInfo.of(caller.callAt(LogServiceGrpc.getDescribeLogMethod(), request, node)
                .getLog());
    }

    /** As {@link #describe(String, String)}. */
    public CompletableFuture<LogInfo> describeAsync(String log, String endpoint) {
        return async(() -> describe(log, endpoint));
    }

    /** As {@link #describe}. */
    public CompletableFuture<LogInfo> describeAsync(String log) {
        return async(() -> describe(log));
    }

    /** Which log is meant, before the first attempt to change it: a later one may meet another log of that name. */
    private long idOf(String log, Deadline end) {
        return caller.call(LogServiceGrpc.getDescribeLogMethod(), describeRequest(log), end)
                .getLog()
                .getLogId();
    }

    private static DescribeLogRequest describeRequest(String log) {
        return DescribeLogRequest.newBuilder()
                .setName(LogNames.check(log))
                .setConsistency(ReadConsistency.READ_CONSISTENCY_LINEARIZABLE)
                .build();
    }

    /** All logs, by name. */
    public List<LogInfo> list() {
        return list("");
    }

    /** All logs whose names begin with the prefix, by name. */
    public List<LogInfo> list(String prefix) {
        List<LogInfo> logs = new ArrayList<>();
        String after = "";
        while (true) {
            ListLogsResponse page = caller.call(
                    LogServiceGrpc.getListLogsMethod(),
                    ListLogsRequest.newBuilder()
                            .setPrefix(prefix)
                            .setAfter(after)
                            .setLimit(LIST_PAGE)
                            .setConsistency(ReadConsistency.READ_CONSISTENCY_LINEARIZABLE)
                            .build());
            page.getLogsList().forEach(log -> logs.add(LogInfo.of(log)));
            if (!page.getMore() || page.getLogsCount() == 0) {
                return logs;
            }
            after = page.getLogs(page.getLogsCount() - 1).getName();
        }
    }

    /** As {@link #list(String)}. */
    public CompletableFuture<List<LogInfo>> listAsync(String prefix) {
        return async(() -> list(prefix));
    }

    /** Ends the log: it takes no more appends. Durable on return. A second time changes nothing. */
    public LogInfo seal(String log) {
        Deadline end = caller.deadline();
        SealLogRequest request = SealLogRequest.newBuilder()
                .setName(log)
                .setLogId(idOf(log, end))
                .build();
        return LogInfo.of(
                caller.call(LogServiceGrpc.getSealLogMethod(), request, end).getLog());
    }

    /** As {@link #seal}. */
    public CompletableFuture<LogInfo> sealAsync(String log) {
        return async(() -> seal(log));
    }

    /** Drops every record below the offset. Durable on return. */
    public LogInfo trim(String log, long beforeOffset) {
        if (beforeOffset < 0) {
            throw Errors.invalid("offset is " + beforeOffset + "; expected 0 or more");
        }
        Deadline end = caller.deadline();
        TrimLogRequest request = TrimLogRequest.newBuilder()
                .setName(log)
                .setLogId(idOf(log, end))
                .setBeforeOffset(beforeOffset)
                .build();
        return LogInfo.of(
                caller.call(LogServiceGrpc.getTrimLogMethod(), request, end).getLog());
    }

    /** As {@link #trim}. */
    public CompletableFuture<LogInfo> trimAsync(String log, long beforeOffset) {
        return async(() -> trim(log, beforeOffset));
    }

    /** Removes the log and its records. Durable on return. */
    public void delete(String log) {
        Deadline end = caller.deadline();
        DeleteLogRequest request = DeleteLogRequest.newBuilder()
                .setName(log)
                .setLogId(idOf(log, end))
                .build();
        DeleteLogResponse unused = caller.call(
                LogServiceGrpc.getDeleteLogMethod(),
                request,
                end,
                // An earlier attempt of this very call may have removed it: it is gone, as was asked.
                failure -> failure.code() == ErrorCode.ERROR_CODE_LOG_NOT_FOUND
                        ? DeleteLogResponse.getDefaultInstance()
                        : null);
    }

    /** As {@link #delete}. */
    public CompletableFuture<Void> deleteAsync(String log) {
        return async(() -> {
            delete(log);
            return null;
        });
    }

    /** The cluster as one of its nodes sees it, the leader where it is known. */
    public ClusterStatus status() {
        return ClusterStatus.of(caller.call(ClusterServiceGrpc.getStatusMethod(), StatusRequest.getDefaultInstance()));
    }

    /** As {@link #status()}. */
    public CompletableFuture<ClusterStatus> statusAsync() {
        return async(() -> status());
    }

    /** The cluster as this node, {@code host:port}, sees it; asked once. */
    public ClusterStatus status(String endpoint) {
        StatusResponse status = caller.callAt(
                ClusterServiceGrpc.getStatusMethod(),
                StatusRequest.getDefaultInstance(),
                Endpoints.parse(endpoint).get(0));
        return ClusterStatus.of(status);
    }

    /** As {@link #status(String)}. */
    public CompletableFuture<ClusterStatus> statusAsync(String endpoint) {
        return async(() -> status(endpoint));
    }

    /** Administration is rare: a few threads that come and go are cheaper than a second path through the retries. */
    private <T> CompletableFuture<T> async(Supplier<T> call) {
        transport.checkOpen();
        try {
            return CompletableFuture.supplyAsync(call, calls);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("this client is closed", e);
        }
    }

    /** Appends the records as one atomic batch, and waits until it is synced to the disks of a majority. */
    public Appended append(String log, Record... records) {
        CompletableFuture<Appended> future = appendAsync(log, records);
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Errors.unknown("append to log '" + log + "': interrupted while waiting for the answer", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof WalnutException failure) {
                throw failure;
            }
            throw Errors.internal("append to log '" + log + "'", e.getCause());
        }
    }

    /**
     * Appends the records as one atomic batch; the future completes when it is synced to the disks of a majority. Batches of one
     * log are appended in the order of the calls. Blocks only while this client has too much in flight for the log.
     *
     * <p>What hangs on the future ({@code thenAccept} and the like) runs in a thread of this client and must not block, on this
     * client least of all: its answers and deadlines come by that thread. Give what blocks an executor ({@code thenAcceptAsync}).
     */
    public CompletableFuture<Appended> appendAsync(String log, Record... records) {
        if (records.length == 0) {
            throw Errors.invalid("a batch has one or more records");
        }
        LogNames.check(log);
        int bytes = 64;
        for (Record record : records) {
            bytes = (int) Math.min(BatchEncoder.MAX_BYTES, (long) bytes + record.value().length + 16);
        }
        BatchEncoder encoder = new BatchEncoder(bytes);
        for (Record record : records) {
            encoder.add(record);
        }
        encoder.checkSize();
        EncodedBatch batch = encoder.finish();
        while (true) {
            transport.checkOpen();
            AppendPipeline pipeline =
                    shared.computeIfAbsent(log, name -> pipeline(name, sharedOptions, AfterFailure.CONTINUE));
            CompletableFuture<Appended> future = pipeline.submit(batch);
            if (future != null) {
                return future;
            }
            // Closed for idleness just now: the next look makes a new one.
            shared.remove(log, pipeline);
        }
    }

    /** An appender with the default bounds. */
    public Appender appender(String log) {
        return appender(log, AppenderOptions.defaults());
    }

    public Appender appender(String log, AppenderOptions options) {
        return appender(log, options, appended -> {});
    }

    /**
     * An appender that tells of each acknowledgement.
     *
     * @param onAcknowledged called for each acknowledged batch, in order, by one thread at a time; it must not block
     */
    public Appender appender(String log, AppenderOptions options, Consumer<Appended> onAcknowledged) {
        transport.checkOpen();
        AppendPipeline pipeline = pipeline(LogNames.check(log), options, AfterFailure.STOP);
        owned.add(pipeline);
        return new Appender(pipeline, options, onAcknowledged, () -> owned.remove(pipeline));
    }

    private AppendPipeline pipeline(String log, AppenderOptions options, AfterFailure afterFailure) {
        return new AppendPipeline(log, transport, router, timer, options, deadline, attemptTimeout, afterFailure);
    }

    /** The records from the offset up to the end that the log has now. */
    public LogReader read(String log, long fromOffset) {
        return read(log, ReadOptions.from(fromOffset));
    }

    public LogReader read(String log, ReadOptions options) {
        return reader(log, options, false);
    }

    /** The records from the offset on, and then each new one. */
    public LogReader tail(String log, long fromOffset) {
        return tail(log, ReadOptions.from(fromOffset));
    }

    public LogReader tail(String log, ReadOptions options) {
        return reader(log, options, true);
    }

    private LogReader reader(String log, ReadOptions options, boolean tail) {
        transport.checkOpen();
        LogReader reader = new LogReader(
                LogNames.check(log), options, tail, transport, router, deadline, attemptTimeout, readers::remove);
        readers.add(reader);
        return reader;
    }

    private void tick() {
        owned.forEach(Walnut::tick);
        for (String log : shared.keySet()) {
            shared.computeIfPresent(
                    log, (name, pipeline) -> pipeline.closeIfIdle(IDLE_PIPELINE_NANOS) ? null : pipeline);
            AppendPipeline pipeline = shared.get(log);
            if (pipeline != null) {
                tick(pipeline);
            }
        }
    }

    /** A defect in one pipeline must not end the task, and with it the deadlines of all: it fails that pipeline's appends. */
    private static void tick(AppendPipeline pipeline) {
        try {
            pipeline.tick();
        } catch (RuntimeException e) {
            pipeline.fail(Errors.internal("the client failed to send: " + e, e));
        }
    }

    /** Nodes that this client would ask: those it was given and those it has learnt of. */
    int knownNodes() {
        return router.size();
    }

    /**
     * Ends everything: what is in flight has an unknown outcome, and every later call throws IllegalStateException, as do readers
     * that were not at their end.
     */
    @Override
    public void close() {
        transport.refuse();
        shared.values().forEach(AppendPipeline::close);
        owned.forEach(AppendPipeline::close);
        readers.forEach(LogReader::clientClosed);
        timer.shutdownNow();
        calls.shutdownNow();
        transport.close();
    }
}
