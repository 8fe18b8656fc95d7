package io.walnut.node.raft;

import io.walnut.wal.WalException;
import io.walnut.wal.WalStorageFullException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpcWithProxy;
import org.apache.ratis.server.impl.RaftLogSeam;
import org.apache.ratis.server.impl.ReadConfirmations;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's member of one Raft group: the front of the package. Thread-safe.
 *
 * <p>Futures complete on threads of Ratis (success: the one that applies); what is chained to them must not block.
 */
public final class RaftGroupNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftGroupNode.class);

    private static final Pattern GROUP_DIRECTORY = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private static final Duration SNAPSHOT_TIMEOUT = Duration.ofMinutes(1);

    private final RaftOptions options;
    private final RaftGroupId groupId;
    private final RaftServer server;
    private final RaftServer.Division division;
    private final UnreadyLeader unready;
    private final RaftClientAsynchronousProtocol requests;
    private final ClientId clientId = ClientId.randomId();
    private final AppliedSignal applied;
    private final WalnutStateMachine stateMachine;
    private final SnapshotTimer snapshotTimer;
    private final ScheduledExecutorService timer;
    private final Watchdog watchdog;
    private final DiskRoom room;
    private final PeerAddresses addresses;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Null where a test has put another state behind the group. */
    private @Nullable LogView logs;

    private RaftGroupNode(
            RaftOptions options,
            RaftGroupId groupId,
            RaftServer server,
            UnreadyLeader unready,
            WalnutStateMachine stateMachine,
            AppliedSignal applied,
            ScheduledExecutorService timer,
            Watchdog watchdog,
            DiskRoom room)
            throws IOException {
        this.options = options;
        this.groupId = groupId;
        this.server = server;
        this.division = server.getDivision(groupId);
        this.unready = unready;
        this.requests = (RaftClientAsynchronousProtocol) division;
        this.stateMachine = stateMachine;
        this.applied = applied;
        this.timer = timer;
        this.watchdog = watchdog;
        this.room = room;
        this.snapshotTimer =
                new SnapshotTimer(options.nodeId(), options.snapshots(), new ForTheTimer(), System::nanoTime);
        this.addresses = new PeerAddresses(
                options.peers(), host -> Set.of(InetAddress.getAllByName(host)), peer -> reconnect(peer.id()));
    }

    /** Drops the connections to a member, with what is in flight on them; Ratis makes others at once. Blocks for seconds. */
    private void reconnect(String peerId) {
        if (server.getServerRpc() instanceof RaftServerRpcWithProxy<?, ?> rpc && !peerId.equals(options.nodeId())) {
            rpc.getProxies().resetProxy(RaftPeerId.valueOf(peerId));
        }
    }

    /**
     * Starts the member: recovers its log and joins the others. Returns before there is a leader.
     *
     * @param onFailure called once, from a thread of its own, when the member has failed for good (its log cannot be
     *     written, or Ratis closed it). It takes part in nothing from then on: the process should end
     * @throws StartRefusedException when the directory cannot be trusted
     * @throws IOException when the log cannot be recovered, the directory is in use or the port is taken
     */
    public static RaftGroupNode start(RaftOptions options, Consumer<Throwable> onFailure) throws IOException {
        LogsState logs = new LogsState();
        RaftGroupNode node = start(options, logs, onFailure);
        node.logs = new LogView(logs, node.stateMachine);
        return node;
    }

    static RaftGroupNode start(RaftOptions options, ReplicatedState state, Consumer<Throwable> onFailure)
            throws IOException {
        RaftLogSeam.check();
        ReadConfirmations.check();
        refuseOtherGroups(options);
        RaftGroupId groupId = RaftGroupId.valueOf(options.groupId());
        AppliedSignal applied = new AppliedSignal();
        Watchdog watchdog = new Watchdog(options.nodeId(), onFailure);
        WalnutStateMachine stateMachine = new WalnutStateMachine(
                state,
                options.directory().resolve(options.groupId().toString()),
                options.wal(),
                applied,
                watchdog::fail);
        UnreadyLeader unready = new UnreadyLeader();
        RaftServer server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(options.nodeId()))
                .setGroup(group(options, groupId))
                .setProperties(RaftKeys.of(options))
                .setParameters(parameters(options, unready))
                .setStateMachine(stateMachine)
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
        ScheduledExecutorService timer = Executors.newScheduledThreadPool(
                3, // a name service that hangs holds one
                Thread.ofPlatform()
                        .daemon()
                        .name(options.nodeId() + "-raft-timer")
                        .factory());
        try {
            unready.watch(server.getDivision(groupId));
            server.start();
            RaftGroupNode node = new RaftGroupNode(
                    options,
                    groupId,
                    server,
                    unready,
                    stateMachine,
                    applied,
                    timer,
                    watchdog,
                    new DiskRoom(
                            options.nodeId(), options.directory(), options.wal().segmentBytes(), System::nanoTime));
            if (!(node.division.getRaftLog() instanceof WalRaftLog) && !WalnutStateMachine.usesStockLog()) {
                throw new IllegalStateException("the division runs on "
                        + node.division.getRaftLog().getClass().getName() + ", not on our log");
            }
            Future<?> _ = timer.scheduleWithFixedDelay(node.snapshotTimer::check, 1, 1, TimeUnit.SECONDS);
            Future<?> _ = timer.scheduleWithFixedDelay(node::checkAlive, 1, 1, TimeUnit.SECONDS);
            // It tells of a change by itself, also on a member that nobody asks.
            Future<?> _ = timer.scheduleWithFixedDelay(node.room::problem, 1, 1, TimeUnit.SECONDS);
            Future<?> _ = timer.scheduleWithFixedDelay(node.addresses::check, 2, 2, TimeUnit.SECONDS);
            return node;
        } catch (IOException | RuntimeException e) {
            timer.shutdownNow();
            watchdog.disarm();
            closeAfterFailure(server, e);
            throw rootCause(e);
        }
    }

    private static Parameters parameters(RaftOptions options, UnreadyLeader unready) {
        Parameters parameters = new Parameters();
        PeerChannels.configure();
        GrpcConfigKeys.Server.setServicesCustomizer(parameters, (builder, _) -> {
            // The one that is added last is called first; ours must run in the thread that takes the entries.
            builder.intercept(LeaderRequest.INTERCEPTOR);
            builder.intercept(unready);
            options.peerCalls().reversed().forEach(builder::intercept);
            PeerChecksum.serve(builder);
            return builder;
        });
        return parameters;
    }

    /** Ratis would start every group that it finds. */
    private static void refuseOtherGroups(RaftOptions options) throws IOException {
        if (!Files.isDirectory(options.directory())) {
            return;
        }
        try (Stream<Path> children = Files.list(options.directory())) {
            for (Path child : children.toList()) {
                String name = child.getFileName().toString();
                if (GROUP_DIRECTORY.matcher(name).matches()
                        && !name.equals(options.groupId().toString())) {
                    throw new StartRefusedException(
                            StartRefusedException.Reason.FOREIGN_DIRECTORY,
                            options.directory(),
                            "holds the log of another cluster: found the group " + name + ", expected "
                                    + options.groupId());
                }
            }
        }
    }

    /**
     * Gives a command to the log; completes when it is applied here. Only the leader takes commands.
     *
     * @param command borrowed until the future completes: its bytes must not change before
     * @return fails with a {@link SubmitException}
     * @throws IllegalArgumentException when the command is empty or larger than {@link RaftOptions#maxEntryBytes}
     */
    public CompletableFuture<Applied> submit(ByteBuffer command) {
        if (!command.hasRemaining() || command.remaining() > options.maxEntryBytes()) {
            throw new IllegalArgumentException(
                    "command of " + command.remaining() + " bytes is not in 1.." + options.maxEntryBytes());
        }
        Submission submission = new Submission(command);
        return send(submission, RaftClientRequest.writeRequestType())
                .handle((reply, failure) -> outcome(submission, reply, failure))
                .thenApply(reply -> new Applied(
                        reply.getLogIndex(), reply.getMessage().getContent().asReadOnlyByteBuffer()));
    }

    /**
     * Completes when this member has applied everything that was acknowledged anywhere before the call: a read after it
     * is linearizable. On any member; asks the leader, which confirms with a majority that it still leads.
     *
     * @return the index applied here; fails with a {@link SubmitException}
     */
    public CompletableFuture<Long> readBarrier() {
        if (unready.refusesReads()) {
            return refusedRead();
        }
        // Asked again: a lone member that has been elected meanwhile is answered before its first entry is applied.
        return send(Message.EMPTY, RaftClientRequest.readRequestType())
                .handle((reply, failure) -> outcome(null, reply, failure))
                .thenCompose(reply ->
                        unready.refusesReads() ? refusedRead() : CompletableFuture.completedFuture(applied.index()));
    }

    private CompletableFuture<Long> refusedRead() {
        return CompletableFuture.failedFuture(
                new SubmitException.NotLeader(options.nodeId() + ": elected, and not yet ready to lead", null, null));
    }

    /** What is wrong with the room on this member's disk, and what to do; empty while there is room for more records. */
    public Optional<String> storageFull() {
        return room.problem();
    }

    /** Places of the log that could not be read because their bytes are wrong, as far as anybody has read since the start. */
    public int damagedPlaces() {
        return stateMachine.damage().places();
    }

    /** The named logs as this member has applied them. */
    public LogView logs() {
        return Objects.requireNonNull(logs);
    }

    /** Ratis's side of this member; for the tests. */
    RaftServer.Division division() {
        return division;
    }

    /** How this member stands now. */
    public RaftStatus status() {
        DivisionInfo info = division.getInfo();
        RaftLog log = division.getRaftLog();
        boolean open = log.isOpened() && info.isAlive() && !watchdog.hasFailed();
        TermIndex last = open ? log.getLastEntryTermIndex() : null;
        Standing standing = Standing.of(info);
        return new RaftStatus(
                options.nodeId(),
                open ? standing.role() : RaftStatus.Role.CLOSED,
                standing.term(),
                leaderId(info),
                open ? log.getStartIndex() : RaftLog.INVALID_LOG_INDEX,
                last == null ? RaftLog.INVALID_LOG_INDEX : last.getIndex(),
                open ? log.getFlushIndex() : RaftLog.INVALID_LOG_INDEX,
                log.getLastCommittedIndex(),
                applied.index(),
                latestSnapshot(),
                matchIndexes(info),
                commitIndexes(),
                open);
    }

    /** Whether this member leads and has applied everything of earlier terms, so that it takes commands. */
    public boolean isReadyLeader() {
        return division.getInfo().isLeaderReady();
    }

    /** Peer id of the leader that this member knows of; cheap. */
    public Optional<String> leader() {
        return Optional.ofNullable(leaderId(division.getInfo()));
    }

    /** Index of the last entry applied here, -1 when none is. */
    public long appliedIndex() {
        return applied.index();
    }

    /** Calls {@code listener} with the applied index after each entry, in the applying thread: return at once. */
    public void addAppliedListener(LongConsumer listener) {
        applied.add(listener);
    }

    public void removeAppliedListener(LongConsumer listener) {
        applied.remove(listener);
    }

    /**
     * Takes a snapshot of what is applied here now. Blocks until it is durable; commands are not applied meanwhile.
     *
     * @return the index that it covers
     */
    public long takeSnapshot() throws IOException {
        RaftClientReply reply = server.snapshotManagement(SnapshotManagementRequest.newCreate(
                clientId, server.getId(), groupId, CallId.getAndIncrement(), SNAPSHOT_TIMEOUT.toMillis(), 1));
        if (!reply.isSuccess()) {
            throw new IOException("snapshot refused", reply.getException());
        }
        return reply.getLogIndex();
    }

    /**
     * Takes a snapshot and gives back at once what neither it nor a named log needs: also the snapshot before it, and entries
     * that would spare a member that was away for a short time a snapshot.
     */
    void makeRoom() throws IOException {
        LOG.info("node={} takes a snapshot to give room back", options.nodeId());
        stateMachine.keepLatestSnapshot();
        long index = takeSnapshot();
        stateMachine.keepLatestSnapshot();
        if (division.getRaftLog() instanceof WalRaftLog log) {
            log.purgeAllBefore(index);
        }
    }

    private final class ForTheTimer implements SnapshotTimer.Member {
        @Override
        public long bytesSinceSnapshot() {
            return stateMachine.bytesSinceSnapshot();
        }

        @Override
        public long neededLsn() {
            return stateMachine.neededLsn();
        }

        @Override
        public boolean isShortOfRoom() {
            return storageFull().isPresent();
        }

        @Override
        public void takeSnapshot() throws IOException {
            long _ = RaftGroupNode.this.takeSnapshot();
        }

        @Override
        public void makeRoom() throws IOException {
            RaftGroupNode.this.makeRoom();
        }
    }

    /** Index of the latest durable snapshot here, -1 when there is none. */
    public long latestSnapshot() {
        SnapshotInfo latest = stateMachine.getLatestSnapshot();
        return latest == null ? RaftLog.INVALID_LOG_INDEX : latest.getIndex();
    }

    /**
     * The command of an entry, straight out of the WAL. Only what is applied here may be asked for.
     *
     * @throws IOException when the entry is trimmed, cannot be read or holds no command
     */
    ByteBuffer readCommand(long lsn) throws IOException {
        return stateMachine.readCommand(lsn);
    }

    /**
     * Gives leadership to the member that has the most of the log, when this one leads; best effort. For an orderly stop: the
     * others then have a leader at once instead of after an election timeout.
     */
    public void transferLeadership(Duration timeout) {
        transferLeadership(timeout, id -> true);
    }

    /** As {@link #transferLeadership(Duration)}, to one of the members that are eligible. */
    public void transferLeadership(Duration timeout, Predicate<String> eligible) {
        Optional<String> target = matchIndexes(division.getInfo()).entrySet().stream()
                .filter(member -> eligible.test(member.getKey()))
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey);
        if (target.isEmpty()) {
            return;
        }
        try {
            RaftClientReply reply = server.transferLeadership(new TransferLeadershipRequest(
                    clientId,
                    division.getId(),
                    groupId,
                    CallId.getAndIncrement(),
                    RaftPeerId.valueOf(target.get()),
                    timeout.toMillis()));
            LOG.info("{}: leadership to {}: success={}", options.nodeId(), target.get(), reply.isSuccess());
        } catch (IOException e) {
            LOG.info("{}: leadership stays until the others miss it: {}", options.nodeId(), e.getMessage());
        }
    }

    /** Stops the member. Idempotent; everything acknowledged stays durable. */
    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            watchdog.disarm();
            timer.shutdownNow();
            server.close();
        }
    }

    private CompletableFuture<RaftClientReply> send(Message message, RaftClientRequest.Type type) {
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(division.getId())
                .setGroupId(groupId)
                .setCallId(CallId.getAndIncrement())
                .setMessage(message)
                .setType(type)
                .build();
        try {
            return requests.submitClientRequestAsync(request);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private RaftClientReply outcome(
            @Nullable Submission submission, @Nullable RaftClientReply reply, @Nullable Throwable failure) {
        Throwable cause =
                failure != null ? failure : Objects.requireNonNull(reply).getException();
        if (cause == null) {
            return Objects.requireNonNull(reply);
        }
        if (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        throw new CompletionException(typed(submission, cause));
    }

    private SubmitException typed(@Nullable Submission submission, Throwable cause) {
        String message = options.nodeId() + ": " + cause.getMessage();
        if (submission != null && submission.appended()) {
            return new SubmitException.OutcomeUnknown(message, cause);
        }
        if (cause instanceof WalStorageFullException) {
            return new SubmitException.StorageFull(message, cause);
        }
        if (watchdog.hasFailed() || closed.get() || cause instanceof AlreadyClosedException) {
            return new SubmitException.NodeFailed(message, cause);
        }
        if (cause instanceof ResourceUnavailableException) {
            return new SubmitException.Overloaded(message, cause);
        }
        String leader = cause instanceof NotLeaderException notLeader && notLeader.getSuggestedLeader() != null
                ? notLeader.getSuggestedLeader().getId().toString()
                : leaderId(division.getInfo());
        return new SubmitException.NotLeader(message, options.nodeId().equals(leader) ? null : leader, cause);
    }

    private void checkAlive() {
        if (!division.getInfo().isAlive() || server.getLifeCycleState().isClosingOrClosed()) {
            watchdog.fail(new IllegalStateException(
                    "Ratis has closed the group: " + division.getInfo().getLifeCycleState()));
        }
    }

    private static RaftGroup group(RaftOptions options, RaftGroupId groupId) {
        return RaftGroup.valueOf(
                groupId,
                options.peers().stream()
                        .map(peer -> RaftPeer.newBuilder()
                                .setId(peer.id())
                                .setAddress(peer.host() + ":" + peer.port())
                                .build())
                        .toList());
    }

    private static @Nullable String leaderId(DivisionInfo info) {
        RaftPeerId leader = info.getLeaderId();
        return leader == null ? null : leader.toString();
    }

    private Map<String, Long> matchIndexes(DivisionInfo info) {
        Map<String, Long> matches = new LinkedHashMap<>();
        List<ServerRpcProto> followers = info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        // Null when this member has ceased to lead meanwhile.
        long[] indexes = info.getFollowerMatchIndices();
        // Ratis gives both in the order of its appenders; between the two calls a member may have come or gone.
        if (indexes != null && followers.size() == indexes.length) {
            for (int i = 0; i < indexes.length; i++) {
                matches.put(followers.get(i).getId().getId().toStringUtf8(), indexes[i]);
            }
        }
        return matches;
    }

    private Map<String, Long> commitIndexes() {
        Map<String, Long> commits = new LinkedHashMap<>();
        for (CommitInfoProto info : division.getCommitInfos()) {
            commits.put(info.getServer().getId().toStringUtf8(), info.getCommitIndex());
        }
        return commits;
    }

    private static IOException rootCause(Exception e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof StartRefusedException || cause instanceof WalException) {
                return (IOException) cause;
            }
        }
        return e instanceof IOException io ? io : new IOException("cannot start the group: " + e.getMessage(), e);
    }

    private static void closeAfterFailure(RaftServer server, Exception failure) {
        try {
            server.close();
        } catch (IOException | RuntimeException e) {
            LOG.debug("close after a failed start", e);
            failure.addSuppressed(e);
        }
    }
}
