package io.walnut.client;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.AppendStreamResponse;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.CreateLogRequest;
import io.walnut.protocol.v1.CreateLogResponse;
import io.walnut.protocol.v1.DeleteLogRequest;
import io.walnut.protocol.v1.DeleteLogResponse;
import io.walnut.protocol.v1.DescribeLogRequest;
import io.walnut.protocol.v1.DescribeLogResponse;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.ListLogsRequest;
import io.walnut.protocol.v1.ListLogsResponse;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.Member;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.ReadRequest;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.SealLogRequest;
import io.walnut.protocol.v1.SealLogResponse;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StatusResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.protocol.v1.TailRequest;
import io.walnut.protocol.v1.TrimLogRequest;
import io.walnut.protocol.v1.TrimLogResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cluster in memory, behind real gRPC: nodes share one state, one of them leads. Appends are deduplicated as the cluster does
 * it. Faults are laid in front of the state: each append asks {@link #fault} what to do with it.
 */
public final class FakeCluster implements AutoCloseable {
    /** What to do with one append. */
    public enum Fault {
        NONE,
        /** Apply it, and break the connection before the answer. */
        DROP_AFTER_APPLY,
        /** Break the connection instead. */
        DROP_BEFORE_APPLY,
        /** Never answer. */
        SILENT,
        /** Answer only what comes after it: that answer is then taken for its own. */
        SAY_NOTHING,
        /** Apply it, and answer only what comes after it. */
        NO_ANSWER_AFTER_APPLY,
        /** Apply it, and answer that the node does not know what it has done. */
        INTERNAL_AFTER_APPLY,
        /** Apply it, and end the stream in a way that is not worth another attempt. */
        END_AFTER_APPLY,
        OVERLOADED,
        NOT_LEADER,
        OUTCOME_UNKNOWN_AFTER_APPLY,
        OUTCOME_UNKNOWN_BEFORE_APPLY,
        /** Answer what {@link #refuseWith} says. */
        REFUSE,
        CORRUPT_ON_READ
    }

    /** One log. Guarded by the cluster. */
    static final class FakeLog {
        final long id;
        final List<StoredBatch> batches = new ArrayList<>();
        final Map<Long, FakeProducer> producers = new HashMap<>();
        long start;
        long end;
        boolean sealed;

        FakeLog(long id) {
            this.id = id;
        }
    }

    static final class FakeProducer {
        int epoch;
        long next;
        final Map<Long, AppendResponse> accepted = new HashMap<>();
    }

    private final String name = UUID.randomUUID().toString();
    private final Map<String, FakeNode> nodes = new TreeMap<>();
    private final ExecutorService executor = Executors.newCachedThreadPool();
    final Map<String, FakeLog> logs = new TreeMap<>();
    private long nextId = 1;
    private String leader = "n1:7420";
    private volatile Function<AppendRequest, Fault> fault = request -> Fault.NONE;
    final Map<String, Function<StoredBatch, StoredBatch>> readDamage = new ConcurrentHashMap<>();
    private final Set<String> silent = ConcurrentHashMap.newKeySet();
    private final Set<String> cutOff = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable Runnable> lostAnswer = new AtomicReference<>();
    private volatile ErrorDetail refusal = ErrorDetail.getDefaultInstance();
    volatile int maxRecordBytes = 1 << 20;

    public FakeCluster(int size) {
        for (int i = 1; i <= size; i++) {
            String endpoint = "n" + i + ":7420";
            FakeNode node = new FakeNode(endpoint);
            nodes.put(endpoint, node);
            node.start();
        }
    }

    public String endpoints() {
        return String.join(",", nodes.keySet());
    }

    public Walnut.Builder client() {
        return Walnut.builder().endpoints(endpoints()).channels(this::channel);
    }

    ManagedChannel channel(String endpoint) {
        return InProcessChannelBuilder.forName(address(endpoint)).disableRetry().build();
    }

    /** Where the node is within this process. */
    String address(String endpoint) {
        return name + endpoint;
    }

    public synchronized void leader(String endpoint) {
        leader = endpoint;
        notifyAll();
    }

    synchronized String leader() {
        return leader;
    }

    /** Asked for each append that reaches the leader. */
    public void fault(Function<AppendRequest, Fault> decide) {
        fault = decide;
    }

    /** What {@link Fault#REFUSE} says. */
    void refuseWith(ErrorDetail detail) {
        refusal = detail;
    }

    /** Ends a node as a kill does: its connections break. */
    public void kill(String endpoint) {
        node(endpoint).kill();
    }

    public void restart(String endpoint) {
        node(endpoint).start();
    }

    /** From now on the node answers no read and no tail. */
    void silence(String endpoint) {
        silent.add(endpoint);
    }

    /** From now on the node hears nothing from the others, and knows it. */
    public synchronized void cutOff(String endpoint) {
        cutOff.add(endpoint);
        notifyAll();
    }

    /** The answer of the next change of a log is lost; meanwhile this happens. */
    void loseAnAnswer(Runnable meanwhile) {
        lostAnswer.set(meanwhile);
    }

    private FakeNode node(String endpoint) {
        FakeNode node = nodes.get(endpoint);
        if (node == null) {
            throw new IllegalArgumentException(endpoint);
        }
        return node;
    }

    /** The log remembers none of its producers. */
    synchronized void forgetProducers(String log) {
        log(log).producers.clear();
    }

    /** Batches with more bytes are refused. */
    public void limitRecords(int bytes) {
        maxRecordBytes = bytes;
    }

    /** Values of all records of a log. */
    public synchronized List<String> values(String log) {
        List<String> values = new ArrayList<>();
        FakeLog found = logs.get(log);
        if (found != null) {
            for (StoredBatch batch : found.batches) {
                for (StoredRecord record : BatchCodec.decode(log, batch)) {
                    values.add(new String(record.value(), java.nio.charset.StandardCharsets.UTF_8));
                }
            }
        }
        return values;
    }

    @Override
    public void close() {
        nodes.values().forEach(FakeNode::kill);
        executor.shutdownNow();
    }

    static StatusRuntimeException error(ErrorCode code, String message) {
        return error(ErrorDetail.newBuilder().setCode(code).setMessage(message).build());
    }

    static StatusRuntimeException error(ErrorDetail detail) {
        Metadata trailers = new Metadata();
        trailers.put(Errors.TRAILER, detail);
        return Status.UNKNOWN.withDescription(detail.getMessage()).asRuntimeException(trailers);
    }

    private synchronized FakeLog log(String log) {
        FakeLog found = logs.get(log);
        if (found == null) {
            throw error(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, "there is no log '" + log + "'");
        }
        return found;
    }

    private synchronized FakeLog log(String log, long id) {
        FakeLog found = log(log);
        if (id != 0 && found.id != id) {
            throw error(ErrorCode.ERROR_CODE_LOG_NOT_FOUND, "log '" + log + "' has been deleted");
        }
        return found;
    }

    private synchronized AppendResponse apply(AppendRequest request) {
        FakeLog log = log(request.getLog());
        long producerId = request.getProducer().getProducerId();
        int count = request.getBatch().getCount();
        FakeProducer producer = log.producers.computeIfAbsent(producerId, id -> new FakeProducer());
        int epoch = request.getProducer().getEpoch();
        if (epoch < producer.epoch) {
            throw error(ErrorCode.ERROR_CODE_FENCED, "fenced");
        }
        if (epoch > producer.epoch) {
            producer.epoch = epoch;
            producer.next = 0;
            producer.accepted.clear();
        }
        long sequence = request.getProducer().getSequence();
        AppendResponse before = producer.accepted.get(sequence);
        if (before != null) {
            return before.toBuilder().setDuplicate(true).build();
        }
        if (sequence != producer.next) {
            throw error(ErrorCode.ERROR_CODE_OUT_OF_SEQUENCE, "found " + sequence + ", expected " + producer.next);
        }
        if (log.sealed) {
            throw error(ErrorCode.ERROR_CODE_LOG_SEALED, "log '" + request.getLog() + "' is sealed");
        }
        if (request.getBatch().getRecords().size() > maxRecordBytes) {
            throw error(ErrorDetail.newBuilder()
                    .setCode(ErrorCode.ERROR_CODE_RECORD_TOO_LARGE)
                    .setRecordInBatch(count)
                    .setMessage("record " + count + " of the batch has "
                            + request.getBatch().getRecords().size() + " bytes; the limit is " + maxRecordBytes)
                    .build());
        }
        if (BatchCodec.crc32c(request.getBatch().getRecords())
                != request.getBatch().getCrc32C()) {
            throw error(ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH, "damaged on its way");
        }
        AppendResponse response = AppendResponse.newBuilder()
                .setFirstOffset(log.end)
                .setNextOffset(log.end + count)
                .setTimestampMs(1_000)
                .build();
        log.batches.add(StoredBatch.newBuilder()
                .setBaseOffset(log.end)
                .setTimestampMs(1_000)
                .setBatch(request.getBatch())
                .build());
        log.end += count;
        producer.next = sequence + count;
        producer.accepted.put(sequence, response);
        notifyAll();
        return response;
    }

    /** A batch with one bit turned. */
    static StoredBatch damaged(StoredBatch batch) {
        byte[] bytes = batch.getBatch().getRecords().toByteArray();
        bytes[bytes.length / 2] ^= 1;
        return batch.toBuilder()
                .setBatch(batch.getBatch().toBuilder().setRecords(ByteString.copyFrom(bytes)))
                .build();
    }

    private final class FakeNode {
        private final String endpoint;
        private @Nullable Server server;

        FakeNode(String endpoint) {
            this.endpoint = endpoint;
        }

        void start() {
            try {
                server = InProcessServerBuilder.forName(address(endpoint))
                        .addService(new Logs(endpoint))
                        .addService(new Cluster(endpoint))
                        .build()
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void kill() {
            Server running = server;
            server = null;
            if (running != null) {
                running.shutdownNow();
                try {
                    running.awaitTermination();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private final class Cluster extends ClusterServiceGrpc.ClusterServiceImplBase {
        private final String endpoint;

        Cluster(String endpoint) {
            this.endpoint = endpoint;
        }

        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> client) {
            StatusResponse.Builder status = StatusResponse.newBuilder()
                    .setClusterId("fake")
                    .setNodeId(endpoint)
                    .setLeaderId(leader())
                    .setRole(endpoint.equals(leader()) ? "leader" : "follower");
            nodes.keySet()
                    .forEach(node -> status.addMembers(Member.newBuilder()
                            .setId(node)
                            .setClientAddress(node)
                            .build()));
            client.onNext(status.build());
            client.onCompleted();
        }
    }

    private final class Logs extends LogServiceGrpc.LogServiceImplBase {
        private final String endpoint;

        Logs(String endpoint) {
            this.endpoint = endpoint;
        }

        private ErrorDetail notLeader() {
            return ErrorDetail.newBuilder()
                    .setCode(ErrorCode.ERROR_CODE_NOT_LEADER)
                    .setMessage(endpoint + " does not lead")
                    .setLeaderAddress(leader())
                    .build();
        }

        private void leading() {
            if (!endpoint.equals(leader())) {
                throw error(notLeader());
            }
        }

        private <R> void answer(StreamObserver<R> client, java.util.concurrent.Callable<R> work) {
            try {
                client.onNext(work.call());
                client.onCompleted();
            } catch (StatusRuntimeException e) {
                client.onError(e);
            } catch (Exception e) {
                client.onError(Status.INTERNAL.withCause(e).asRuntimeException());
            }
        }

        /** A change of a log, whose answer may be lost. */
        private <R> void change(StreamObserver<R> client, java.util.concurrent.Callable<R> work) {
            answer(client, () -> {
                leading();
                R done = work.call();
                Runnable meanwhile = lostAnswer.getAndSet(null);
                if (meanwhile != null) {
                    meanwhile.run();
                    throw Status.UNAVAILABLE.withDescription("connection reset").asRuntimeException();
                }
                return done;
            });
        }

        private io.walnut.protocol.v1.LogInfo info(String log) {
            synchronized (FakeCluster.this) {
                FakeLog found = log(log);
                return io.walnut.protocol.v1.LogInfo.newBuilder()
                        .setName(log)
                        .setLogId(found.id)
                        .setStartOffset(found.start)
                        .setEndOffset(found.end)
                        .setSealed(found.sealed)
                        .build();
            }
        }

        @Override
        public void createLog(CreateLogRequest request, StreamObserver<CreateLogResponse> client) {
            change(client, () -> {
                synchronized (FakeCluster.this) {
                    if (request.getName().isEmpty() || request.getName().contains("..")) {
                        throw error(
                                ErrorCode.ERROR_CODE_INVALID_ARGUMENT, "not a log name: '" + request.getName() + "'");
                    }
                    boolean created = !logs.containsKey(request.getName());
                    if (!created && !request.getIfAbsent()) {
                        throw error(ErrorCode.ERROR_CODE_LOG_EXISTS, "log '" + request.getName() + "' exists");
                    }
                    logs.computeIfAbsent(request.getName(), name -> new FakeLog(nextId++));
                    return CreateLogResponse.newBuilder()
                            .setLog(info(request.getName()))
                            .setCreated(created)
                            .build();
                }
            });
        }

        @Override
        public void describeLog(DescribeLogRequest request, StreamObserver<DescribeLogResponse> client) {
            answer(client, () -> {
                hears(request.getConsistency());
                return DescribeLogResponse.newBuilder()
                        .setLog(info(request.getName()))
                        .build();
            });
        }

        @Override
        public void listLogs(ListLogsRequest request, StreamObserver<ListLogsResponse> client) {
            answer(client, () -> {
                ListLogsResponse.Builder page = ListLogsResponse.newBuilder();
                synchronized (FakeCluster.this) {
                    for (String log : logs.keySet()) {
                        if (log.startsWith(request.getPrefix()) && log.compareTo(request.getAfter()) > 0) {
                            if (page.getLogsCount() == 2) {
                                page.setMore(true);
                                break;
                            }
                            page.addLogs(info(log));
                        }
                    }
                }
                return page.build();
            });
        }

        @Override
        public void sealLog(SealLogRequest request, StreamObserver<SealLogResponse> client) {
            change(client, () -> {
                synchronized (FakeCluster.this) {
                    log(request.getName(), request.getLogId()).sealed = true;
                    FakeCluster.this.notifyAll();
                }
                return SealLogResponse.newBuilder()
                        .setLog(info(request.getName()))
                        .build();
            });
        }

        @Override
        public void trimLog(TrimLogRequest request, StreamObserver<TrimLogResponse> client) {
            change(client, () -> {
                synchronized (FakeCluster.this) {
                    FakeLog log = log(request.getName(), request.getLogId());
                    if (request.getBeforeOffset() > log.end) {
                        throw error(bounds(log, ErrorCode.ERROR_CODE_OFFSET_BEYOND_END));
                    }
                    log.start = Math.max(log.start, request.getBeforeOffset());
                }
                return TrimLogResponse.newBuilder()
                        .setLog(info(request.getName()))
                        .build();
            });
        }

        @Override
        public void deleteLog(DeleteLogRequest request, StreamObserver<DeleteLogResponse> client) {
            change(client, () -> {
                synchronized (FakeCluster.this) {
                    FakeLog unused = log(request.getName(), request.getLogId());
                    logs.remove(request.getName());
                }
                return DeleteLogResponse.getDefaultInstance();
            });
        }

        @Override
        public StreamObserver<AppendRequest> appendStream(StreamObserver<AppendStreamResponse> client) {
            return new StreamObserver<>() {
                private boolean broken;

                @Override
                public void onNext(AppendRequest request) {
                    if (broken) {
                        return;
                    }
                    Fault what;
                    synchronized (FakeCluster.this) {
                        if (!endpoint.equals(leader)) {
                            client.onNext(AppendStreamResponse.newBuilder()
                                    .setError(notLeader())
                                    .build());
                            return;
                        }
                        what = fault.apply(request);
                    }
                    switch (what) {
                        case NONE, CORRUPT_ON_READ -> answer(request);
                        case DROP_AFTER_APPLY -> {
                            apply(request);
                            breakOff();
                        }
                        case DROP_BEFORE_APPLY -> breakOff();
                        case SILENT -> broken = true;
                        case SAY_NOTHING -> {}
                        case NO_ANSWER_AFTER_APPLY -> apply(request);
                        case INTERNAL_AFTER_APPLY -> {
                            apply(request);
                            refuse(ErrorCode.ERROR_CODE_INTERNAL, "a defect");
                        }
                        case END_AFTER_APPLY -> {
                            apply(request);
                            broken = true;
                            client.onError(
                                    Status.DATA_LOSS.withDescription("a defect").asRuntimeException());
                        }
                        case OVERLOADED -> refuse(ErrorCode.ERROR_CODE_OVERLOADED, "busy");
                        case NOT_LEADER ->
                            client.onNext(AppendStreamResponse.newBuilder()
                                    .setError(notLeader())
                                    .build());
                        case OUTCOME_UNKNOWN_AFTER_APPLY -> {
                            apply(request);
                            refuse(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN, "lost leadership");
                        }
                        case REFUSE ->
                            client.onNext(AppendStreamResponse.newBuilder()
                                    .setError(refusal)
                                    .build());
                        case OUTCOME_UNKNOWN_BEFORE_APPLY ->
                            refuse(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN, "lost leadership");
                    }
                }

                private void refuse(ErrorCode code, String message) {
                    client.onNext(AppendStreamResponse.newBuilder()
                            .setError(ErrorDetail.newBuilder().setCode(code).setMessage(message))
                            .build());
                }

                private void answer(AppendRequest request) {
                    try {
                        client.onNext(AppendStreamResponse.newBuilder()
                                .setOk(apply(request))
                                .build());
                    } catch (StatusRuntimeException e) {
                        ErrorDetail detail =
                                e.getTrailers() == null ? null : e.getTrailers().get(Errors.TRAILER);
                        if (detail == null) {
                            throw e;
                        }
                        client.onNext(AppendStreamResponse.newBuilder()
                                .setError(detail)
                                .build());
                    }
                }

                private void breakOff() {
                    broken = true;
                    client.onError(Status.UNAVAILABLE
                            .withDescription("connection reset")
                            .asRuntimeException());
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {
                    client.onCompleted();
                }
            };
        }

        private ErrorDetail bounds(FakeLog log, ErrorCode code) {
            return ErrorDetail.newBuilder()
                    .setCode(code)
                    .setMessage("the log holds offsets " + log.start + " to " + log.end)
                    .setStartOffset(log.start)
                    .setEndOffset(log.end)
                    .build();
        }

        private List<StoredBatch> from(FakeLog log, long offset) {
            if (offset < log.start) {
                throw error(bounds(log, ErrorCode.ERROR_CODE_OFFSET_TRIMMED));
            }
            if (offset > log.end) {
                throw error(bounds(log, ErrorCode.ERROR_CODE_OFFSET_BEYOND_END));
            }
            return log.batches.stream()
                    .filter(batch -> batch.getBaseOffset() + batch.getBatch().getCount() > offset)
                    .map(batch -> readDamage
                            .getOrDefault(endpoint, Function.identity())
                            .apply(batch))
                    .toList();
        }

        private void hears(ReadConsistency consistency) {
            if (cutOff.contains(endpoint) && consistency == ReadConsistency.READ_CONSISTENCY_LINEARIZABLE) {
                throw error(ErrorCode.ERROR_CODE_UNAVAILABLE, endpoint + " has lost its leader");
            }
        }

        @Override
        public void read(ReadRequest request, StreamObserver<ReadResponse> client) {
            if (silent.contains(endpoint)) {
                return;
            }
            try {
                hears(request.getConsistency());
                List<StoredBatch> batches;
                long end;
                long id;
                synchronized (FakeCluster.this) {
                    FakeLog log = log(request.getLog(), request.getLogId());
                    batches = from(log, request.getFromOffset());
                    end = log.end;
                    id = log.id;
                }
                for (StoredBatch batch : batches) {
                    client.onNext(ReadResponse.newBuilder()
                            .addBatches(batch)
                            .setLogId(id)
                            .setEndOffset(end)
                            .build());
                }
                client.onNext(ReadResponse.newBuilder()
                        .setLogId(id)
                        .setEndOffset(end)
                        .setAtEnd(true)
                        .build());
                client.onCompleted();
            } catch (StatusRuntimeException e) {
                client.onError(e);
            }
        }

        @Override
        public void tail(TailRequest request, StreamObserver<ReadResponse> client) {
            ServerCallStreamObserver<ReadResponse> call = (ServerCallStreamObserver<ReadResponse>) client;
            call.setOnCancelHandler(() -> {
                synchronized (FakeCluster.this) {
                    FakeCluster.this.notifyAll();
                }
            });
            if (!silent.contains(endpoint)) {
                executor.execute(() -> follow(request, call));
            }
        }

        private void follow(TailRequest request, ServerCallStreamObserver<ReadResponse> client) {
            long next = request.getFromOffset();
            try {
                while (true) {
                    ReadResponse.Builder message;
                    boolean last;
                    synchronized (FakeCluster.this) {
                        hears(request.getConsistency());
                        FakeLog log = log(request.getLog(), request.getLogId());
                        List<StoredBatch> batches = from(log, next);
                        message = ReadResponse.newBuilder()
                                .addAllBatches(batches)
                                .setLogId(log.id)
                                .setEndOffset(log.end)
                                .setAtEnd(true)
                                .setSealed(log.sealed);
                        next = log.end;
                        last = log.sealed;
                    }
                    client.onNext(message.build());
                    if (last) {
                        client.onCompleted();
                        return;
                    }
                    synchronized (FakeCluster.this) {
                        while ((cutOff.contains(endpoint)
                                        || (log(request.getLog(), request.getLogId()).end == next
                                                && !log(request.getLog(), request.getLogId()).sealed))
                                && !client.isCancelled()) {
                            hears(request.getConsistency());
                            FakeCluster.this.wait();
                        }
                    }
                    if (client.isCancelled()) {
                        return;
                    }
                }
            } catch (StatusRuntimeException e) {
                if (!client.isCancelled()) {
                    client.onError(e);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
