package io.walnut.node.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.walnut.node.append.AppendBatcher;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.Durability;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.StatusResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogInfo;
import io.walnut.wal.logs.MalformedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Logs in memory, with a real batcher before them and a switch that holds entries back. */
final class FakeLogs implements NodeLogs, AutoCloseable {
    private final TreeMap<String, LogInfo> logs = new TreeMap<>();
    private final Map<Long, List<StoredBatch>> batches = new HashMap<>();
    private final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private final AppendBatcher<AppendResponse> batcher;
    private final List<String> createdElsewhere = new ArrayList<>();
    private boolean holding;
    private volatile boolean leader = true;
    private volatile boolean reachable = true;
    private long applied;
    private long lastId;

    FakeLogs(AppendBatcher.Bounds bounds) {
        batcher = new AppendBatcher<>(this::entry, bounds, new NodeMetrics());
    }

    void setLeader(boolean leads) {
        leader = leads;
    }

    void setReachable(boolean isReachable) {
        reachable = isReachable;
    }

    /** From now on entries enter the log and are not applied, until {@link #release}. */
    synchronized void hold() {
        holding = true;
    }

    /** Applies what was held back, in order, and from then on at once. */
    void release() {
        while (true) {
            Runnable next;
            synchronized (this) {
                next = held.poll();
                if (next == null) {
                    holding = false;
                    return;
                }
            }
            next.run();
        }
    }

    private CompletableFuture<List<AppendResponse>> entry(List<AppendItem> entry) {
        CompletableFuture<List<AppendResponse>> future = new CompletableFuture<>();
        Runnable apply = () -> {
            try {
                // One batch that the index of the logs calls malformed spoils the entry for all.
                Command _ = Command.decode(new Command.Append(1, entry).encode());
                future.complete(apply(entry));
            } catch (MalformedException e) {
                future.completeExceptionally(RequestException.invalid(String.valueOf(e.getMessage())));
            }
        };
        synchronized (this) {
            if (holding) {
                held.add(apply);
                return future;
            }
        }
        apply.run();
        return future;
    }

    private List<AppendResponse> apply(List<AppendItem> entry) {
        List<AppendResponse> responses = new ArrayList<>();
        synchronized (this) {
            for (AppendItem batch : entry) {
                LogInfo log = byId(batch.logId());
                long first = log.endOffset();
                long next = first + batch.count();
                batches.computeIfAbsent(batch.logId(), _ -> new ArrayList<>())
                        .add(StoredBatch.newBuilder()
                                .setBaseOffset(first)
                                .setTimestampMs(1)
                                .setBatch(EncodedBatch.newBuilder()
                                        .setRecords(UnsafeByteOperations.unsafeWrap(batch.bytes()))
                                        .setCount(batch.count())
                                        .setCrc32C(batch.crc32c()))
                                .build());
                logs.put(
                        log.name(),
                        new LogInfo(log.id(), log.name(), log.startOffset(), next, log.sealed(), log.createdMs(), 1));
                responses.add(AppendResponse.newBuilder()
                        .setFirstOffset(first)
                        .setNextOffset(next)
                        .setDurability(Durability.DURABILITY_MAJORITY_SYNCED)
                        .build());
            }
            applied++;
        }
        signal();
        return responses;
    }

    private LogInfo byId(long logId) {
        return logs.values().stream()
                .filter(log -> log.id() == logId)
                .findFirst()
                .orElseThrow();
    }

    private void signal() {
        listeners.forEach(listener -> listener.accept(applied));
    }

    @Override
    public synchronized Optional<LogInfo> find(String name) {
        return Optional.ofNullable(logs.get(name));
    }

    @Override
    public synchronized List<LogInfo> list(String prefix, String after, int limit) {
        return logs.tailMap(after, false).values().stream()
                .filter(log -> log.name().startsWith(prefix))
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized List<StoredBatch> read(LogInfo log, long fromOffset, long maxRecords, long maxBytes) {
        List<StoredBatch> found = new ArrayList<>();
        long bytes = 0;
        for (StoredBatch batch : batches.getOrDefault(log.id(), List.of())) {
            long end = batch.getBaseOffset() + batch.getBatch().getCount();
            boolean wanted = end > fromOffset
                    && (maxRecords > Long.MAX_VALUE - fromOffset || batch.getBaseOffset() < fromOffset + maxRecords);
            if (wanted && (found.isEmpty() || bytes < maxBytes)) {
                found.add(batch);
                bytes += batch.getBatch().getRecords().size();
            }
        }
        return found;
    }

    @Override
    public boolean hasLeader() {
        return reachable;
    }

    @Override
    public CompletableFuture<?> readBarrier() {
        if (!reachable) {
            return CompletableFuture.failedFuture(RequestException.of(ErrorCode.ERROR_CODE_UNAVAILABLE, "no majority"));
        }
        List<String> created;
        synchronized (this) {
            created = List.copyOf(createdElsewhere);
            createdElsewhere.clear();
        }
        for (String name : created) {
            synchronized (this) {
                logs.remove(name);
            }
            Created _ = create(name, false).join();
        }
        return CompletableFuture.completedFuture(null);
    }

    /** Another node has created the log, after a delete where there was one; this node learns of it with the next barrier. */
    synchronized void createElsewhere(String name) {
        createdElsewhere.add(name);
    }

    @Override
    public void requireLeader() throws RequestException {
        if (!leader) {
            throw new Errors(_ -> Optional.of("host2:7420")).notLeader("n1", Optional.of("n2"));
        }
    }

    @Override
    public CompletableFuture<AppendResponse> append(AppendItem batch, long deadlineNanos, Runnable admitted) {
        return batcher.append(batch, deadlineNanos, admitted);
    }

    @Override
    public CompletableFuture<Created> create(String name, boolean ifAbsent) {
        LogInfo existing;
        synchronized (this) {
            existing = logs.get(name);
            if (existing == null) {
                LogInfo log = new LogInfo(++lastId, name, 0, 0, false, 1, 0);
                logs.put(name, log);
                return CompletableFuture.completedFuture(new Created(log, true));
            }
        }
        return ifAbsent
                ? CompletableFuture.completedFuture(new Created(existing, false))
                : CompletableFuture.failedFuture(RequestException.of(ErrorCode.ERROR_CODE_LOG_EXISTS, "exists"));
    }

    @Override
    public CompletableFuture<LogInfo> seal(String name, long logId) {
        return change(name, logId, log -> new LogInfo(log.id(), name, log.startOffset(), log.endOffset(), true, 1, 1));
    }

    @Override
    public CompletableFuture<LogInfo> trim(String name, long logId, long beforeOffset) {
        return change(
                name, logId, log -> new LogInfo(log.id(), name, beforeOffset, log.endOffset(), log.sealed(), 1, 1));
    }

    private CompletableFuture<LogInfo> change(String name, long logId, Function<LogInfo, @Nullable LogInfo> change) {
        LogInfo log;
        synchronized (this) {
            log = logs.get(name);
            if (log == null || (logId != Command.ANY_LOG && logId != log.id())) {
                return CompletableFuture.failedFuture(RequestException.notFound(name));
            }
            LogInfo changed = change.apply(log);
            if (changed == null) {
                logs.remove(name);
            } else {
                logs.put(name, changed);
                log = changed;
            }
        }
        signal();
        return CompletableFuture.completedFuture(log);
    }

    @Override
    public CompletableFuture<Void> delete(String name, long logId) {
        return change(name, logId, _ -> null).thenApply(_ -> null);
    }

    @Override
    public void addAppliedListener(LongConsumer listener) {
        listeners.add(listener);
    }

    @Override
    public void removeAppliedListener(LongConsumer listener) {
        listeners.remove(listener);
    }

    int listeners() {
        return listeners.size();
    }

    @Override
    public StatusResponse status() {
        return StatusResponse.newBuilder().setNodeId("n1").setRole("leader").build();
    }

    @Override
    public void close() {
        batcher.close();
    }
}
