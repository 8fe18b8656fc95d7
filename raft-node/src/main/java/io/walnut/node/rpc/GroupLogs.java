package io.walnut.node.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.walnut.node.append.AppendBatcher;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.config.PeerConfig;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.node.raft.Applied;
import io.walnut.node.raft.LogView;
import io.walnut.node.raft.RaftGroupNode;
import io.walnut.node.raft.RaftStatus;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.Member;
import io.walnut.protocol.v1.StatusResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.wal.logs.BatchLocation;
import io.walnut.wal.logs.BatchReader;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogInfo;
import io.walnut.wal.logs.MalformedException;
import io.walnut.wal.logs.Result;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongConsumer;

/** The named logs of this node's Raft group. */
public final class GroupLogs implements NodeLogs {
    private static final int LOCATED_AT_ONCE = 1024;

    private final RaftGroupNode group;
    private final LogView view;
    private final NodeConfig config;
    private final String version;
    private final NodeMetrics metrics;
    private final AppendBatcher<Result.AppendOutcome> batcher;
    private final Errors errors;
    private final InstantSource clock;
    private final long startedMs;

    /** Why the group as a whole takes no records; empty while it does. Written by who watches the members' disks. */
    private volatile String groupFull = "";

    public GroupLogs(RaftGroupNode group, NodeConfig config, String version, NodeMetrics metrics, InstantSource clock) {
        this.group = group;
        this.view = group.logs();
        this.config = config;
        this.version = version;
        this.metrics = metrics;
        this.clock = clock;
        this.startedMs = clock.millis();
        this.errors = new Errors(id -> clientAddress(config, id));
        this.batcher = new AppendBatcher<>(
                this::appendEntry,
                new AppendBatcher.Bounds(
                        config.append().inFlightEntries(),
                        config.limits().entryBytes(),
                        config.limits().inFlightBytes()),
                metrics);
    }

    static Optional<String> clientAddress(NodeConfig config, String id) {
        return config.peers().stream()
                .filter(peer -> peer.id().equals(id))
                .map(peer -> peer.client().toString())
                .findFirst();
    }

    /** The batcher before the group, for the one who starts and stops it. */
    public AppendBatcher<?> batcher() {
        return batcher;
    }

    // ---- reading

    @Override
    public Optional<LogInfo> find(String name) {
        return view.describe(name);
    }

    @Override
    public List<LogInfo> list(String prefix, String after, int limit) {
        return view.list(prefix, after, limit);
    }

    @Override
    public List<StoredBatch> read(LogInfo log, long fromOffset, long maxRecords, long maxBytes)
            throws RequestException {
        long end = maxRecords > Long.MAX_VALUE - fromOffset ? Long.MAX_VALUE : fromOffset + maxRecords;
        List<BatchLocation> located = view.locate(log.id(), fromOffset, LOCATED_AT_ONCE).stream()
                .filter(location -> location.baseOffset() < end)
                .toList();
        // What has been trimmed is answered from the start of the log.
        if (located.isEmpty() || located.getFirst().baseOffset() > fromOffset) {
            throw gone(log, fromOffset);
        }
        List<StoredBatch> batches = new ArrayList<>(located.size());
        long bytes = 0;
        BatchReader reader = view.reader(log.id());
        try {
            for (BatchLocation location : located) {
                AppendItem item = reader.read(location);
                bytes += item.bytes().remaining();
                if (!batches.isEmpty() && bytes > maxBytes) {
                    break;
                }
                batches.add(stored(location, item));
            }
        } catch (IOException e) {
            throw unreadable(log, fromOffset, e);
        }
        return batches;
    }

    /** A trim or a delete beside this read takes what it was about to read; anything else is a fault of this node. */
    private RequestException unreadable(LogInfo log, long offset, IOException failure) {
        if (now(log).filter(now -> now.startOffset() <= offset).isEmpty()) {
            return gone(log, offset);
        }
        return RequestException.of(
                ErrorCode.ERROR_CODE_NODE_FAILED,
                "this node cannot read offset " + offset + ", which it has: " + failure.getMessage());
    }

    /** Why there is nothing at an offset that the log had when the call began. */
    private RequestException gone(LogInfo log, long offset) {
        Optional<LogInfo> now = now(log);
        if (now.isEmpty()) {
            return RequestException.deleted(log.name());
        }
        if (offset < now.get().startOffset()) {
            return RequestException.trimmed(
                    log.name(), offset, now.get().startOffset(), now.get().endOffset());
        }
        return RequestException.of(
                ErrorCode.ERROR_CODE_UNAVAILABLE,
                "this node took over another state of log '" + log.name() + "' while it was read; try again");
    }

    /** The same log, as it is now. */
    private Optional<LogInfo> now(LogInfo log) {
        return find(log.name()).filter(found -> found.id() == log.id());
    }

    private static StoredBatch stored(BatchLocation location, AppendItem item) {
        return StoredBatch.newBuilder()
                .setBaseOffset(location.baseOffset())
                .setTimestampMs(location.timestampMs())
                .setBatch(EncodedBatch.newBuilder()
                        .setRecords(UnsafeByteOperations.unsafeWrap(item.bytes()))
                        .setCount(item.count())
                        .setCrc32C(item.crc32c()))
                .build();
    }

    @Override
    public boolean hasLeader() {
        return group.leader().isPresent();
    }

    @Override
    public CompletableFuture<?> readBarrier() {
        return group.readBarrier();
    }

    // ---- changing

    @Override
    public void requireLeader() throws RequestException {
        if (!group.isReadyLeader()) {
            Optional<String> leader = group.leader();
            if (leader.filter(config.nodeId()::equals).isPresent()) {
                throw RequestException.of(
                        ErrorCode.ERROR_CODE_UNAVAILABLE,
                        "node " + config.nodeId() + " has just been elected, and is not yet ready to lead");
            }
            throw errors.notLeader(config.nodeId(), leader);
        }
    }

    /** Refuses records from now on and says why, or, with an empty text, takes them again. */
    public void groupFull(String why) {
        groupFull = why;
    }

    private void requireRoom() throws RequestException {
        String why = groupFull;
        if (why.isEmpty()) {
            why = group.storageFull().orElse("");
        }
        if (!why.isEmpty()) {
            throw RequestException.of(ErrorCode.ERROR_CODE_STORAGE_FULL, why);
        }
    }

    @Override
    public CompletableFuture<AppendResponse> append(AppendItem batch, long deadlineNanos, Runnable admitted) {
        try {
            requireRoom();
        } catch (RequestException e) {
            return CompletableFuture.failedFuture(e);
        }
        return batcher.append(batch, deadlineNanos, admitted).thenApply(outcome -> {
            try {
                return Outcomes.response(outcome);
            } catch (RequestException e) {
                throw new CompletionException(e);
            }
        });
    }

    private CompletableFuture<List<Result.AppendOutcome>> appendEntry(List<AppendItem> batches) {
        var timer = metrics.entry.time();
        return submit(new Command.Append(clock.millis(), batches)).thenApply(result -> {
            timer.stop();
            return switch (result) {
                case Result.Appends(List<Result.AppendOutcome> outcomes) -> outcomes;
                case Result.Rejected(Result.Rejection rejection) ->
                    throw new CompletionException(Outcomes.rejected(rejection));
                case Result.Done _ -> throw new IllegalStateException("an append was answered as something else");
            };
        });
    }

    private CompletableFuture<Result> submit(Command command) {
        return group.submit(command.encode()).thenApply(GroupLogs::decode);
    }

    private static Result decode(Applied applied) {
        try {
            return Result.decode(applied.result());
        } catch (MalformedException e) {
            throw new IllegalStateException("entry " + applied.index() + " has a result that cannot be read", e);
        }
    }

    private CompletableFuture<LogInfo> change(Command command) {
        return submit(command).thenApply(GroupLogs::done);
    }

    private static LogInfo done(Result result) {
        return switch (result) {
            case Result.Done(LogInfo log) -> log;
            case Result.Rejected(Result.Rejection rejection) ->
                throw new CompletionException(Outcomes.rejected(rejection));
            case Result.Appends _ -> throw new IllegalStateException("a change was answered as an append");
        };
    }

    @Override
    public CompletableFuture<Created> create(String name, boolean ifAbsent) {
        try {
            requireRoom();
        } catch (RequestException e) {
            return CompletableFuture.failedFuture(e);
        }
        return submit(new Command.Create(clock.millis(), name)).thenApply(result -> {
            if (ifAbsent
                    && result instanceof Result.Rejected(Result.Rejection rejection)
                    && rejection.reason() == Result.Reason.LOG_EXISTS) {
                return new Created(
                        find(name).orElseThrow(() -> new CompletionException(RequestException.notFound(name))), false);
            }
            return new Created(done(result), true);
        });
    }

    @Override
    public CompletableFuture<LogInfo> seal(String name, long logId) {
        return change(new Command.Seal(name, logId));
    }

    @Override
    public CompletableFuture<LogInfo> trim(String name, long logId, long beforeOffset) {
        return change(new Command.Trim(name, logId, beforeOffset));
    }

    @Override
    public CompletableFuture<Void> delete(String name, long logId) {
        return change(new Command.Delete(name, logId)).thenApply(_ -> null);
    }

    // ---- being looked at

    @Override
    public void addAppliedListener(LongConsumer listener) {
        group.addAppliedListener(listener);
    }

    @Override
    public void removeAppliedListener(LongConsumer listener) {
        group.removeAppliedListener(listener);
    }

    @Override
    public StatusResponse status() {
        RaftStatus status = group.status();
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setClusterId(config.clusterId())
                .setNodeId(config.nodeId())
                .setTerm(status.term())
                .setRole(lower(status.role()))
                .setCommitIndex(atLeastZero(status.commitIndex()))
                .setAppliedIndex(atLeastZero(status.appliedIndex()))
                .setVersion(version)
                .setWalStartLsn(atLeastZero(status.firstIndex()))
                .setWalDurableLsn(atLeastZero(status.durableIndex()))
                .setSnapshotIndex(atLeastZero(status.snapshotIndex()))
                .setStorageFull(group.storageFull().isPresent())
                .setDamagedPlaces(group.damagedPlaces())
                .setStartedMs(startedMs);
        status.leader().ifPresent(response::setLeaderId);
        for (PeerConfig peer : config.peers()) {
            response.addMembers(member(peer, status));
        }
        return response.build();
    }

    private Member member(PeerConfig peer, RaftStatus status) {
        boolean self = peer.id().equals(config.nodeId());
        boolean leads = status.leader().filter(peer.id()::equals).isPresent();
        String role =
                self ? lower(status.role()) : leads ? "leader" : status.leader().isPresent() ? "follower" : "unknown";
        long match = self && status.role() == RaftStatus.Role.LEADER
                ? status.durableIndex()
                : status.matchIndexes().getOrDefault(peer.id(), 0L);
        return Member.newBuilder()
                .setId(peer.id())
                .setClientAddress(peer.client().toString())
                .setPeerAddress(peer.peer().toString())
                .setRole(role)
                .setMatchIndex(atLeastZero(match))
                .build();
    }

    private static String lower(RaftStatus.Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }

    private static long atLeastZero(long index) {
        return Math.max(0, index);
    }
}
