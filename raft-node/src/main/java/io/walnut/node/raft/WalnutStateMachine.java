package io.walnut.node.raft;

import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.impl.RaftLogSeam;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ratis's face of a {@link ReplicatedState}. Applying a command never does I/O. Its {@link #initialize} opens the WAL and
 * puts our log into the division.
 *
 * <p>Threads: Ratis applies, takes snapshots and reloads in one thread; {@link #pause} comes from another, under the
 * server's lock.
 */
final class WalnutStateMachine extends BaseStateMachine {
    /**
     * System property for benchmarks: leaves Ratis's own log under the group, to measure ours against it. Without snapshots,
     * without the checks of the vote, on a directory of its own: for nothing else.
     */
    static final String STOCK_LOG_PROPERTY = "walnut.bench.stock-log";

    private static final Logger LOG = LoggerFactory.getLogger(WalnutStateMachine.class);

    private final ReplicatedState state;
    private final WalOptions walOptions;
    private final AppliedSignal applied;
    private final Consumer<Throwable> onLogFailed;

    /** Bytes of commands applied since the last snapshot. */
    private final AtomicLong bytesSinceSnapshot = new AtomicLong();

    private final SnapshotStore snapshots;
    private final Damage damage;
    private volatile @Nullable Wal wal;
    private volatile RaftServer.@Nullable Division stockLog;

    /** The configuration entry in force, serialized. Owned by the applying thread. */
    private ByteBuffer configuration = ByteBuffer.allocate(0);

    WalnutStateMachine(
            ReplicatedState state,
            Path groupDirectory,
            WalOptions walOptions,
            AppliedSignal applied,
            Consumer<Throwable> onLogFailed) {
        this.snapshots = new SnapshotStore(groupDirectory);
        this.state = state;
        this.walOptions = walOptions;
        this.applied = applied;
        this.onLogFailed = onLogFailed;
        this.damage = new Damage(groupDirectory.resolve("wal").toString());
    }

    // ---- life

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        getLifeCycle().startAndTransition(() -> open(server, groupId, storage), IOException.class);
    }

    private void open(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        if (usesStockLog()) {
            LOG.warn("{}: {} is set: running on the log of Ratis, for a benchmark", getId(), STOCK_LOG_PROPERTY);
            stockLog = server.getDivision(groupId);
            return;
        }
        Path group = storage.getStorageDir().getRoot().toPath();
        snapshots.open();
        loadLatest();
        Wal opened = Wal.open(group.resolve("wal"), walOptions);
        wal = opened;
        try {
            RaftLogSeam.install(
                    server,
                    groupId,
                    division ->
                            WalRaftLog.create(division, storage, server.getProperties(), opened, snapshots, damage));
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** May be called again while paused: Ratis pauses once per installation, also for one that never ends. */
    @Override
    public void pause() {
        if (getLifeCycle().compareAndTransition(LifeCycle.State.RUNNING, LifeCycle.State.PAUSING)) {
            getLifeCycle().transition(LifeCycle.State.PAUSED);
        }
        try {
            snapshots.beforeInstall();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the received snapshot durable", e);
        }
    }

    /**
     * Runs in the applying thread: goes on from the snapshot that was installed. Not before the log has taken it over, which
     * Ratis begins beside this: until then the places that the snapshot names hold what was there before, and that may be what
     * nobody ever acknowledged.
     */
    @Override
    public void reinitialize() throws IOException {
        if (usesStockLog()) {
            snapshots.afterInstall();
        } else {
            snapshots.awaitInstalled();
        }
        getLifeCycle().startAndTransition(this::loadLatest, IOException.class);
    }

    private void loadLatest() throws IOException {
        Optional<SnapshotImage> latest = snapshots.readLatest();
        if (latest.isPresent()) {
            SnapshotImage image = latest.get();
            state.load(image.state());
            configuration = image.configuration();
            setLastAppliedTermIndex(TermIndex.valueOf(image.term(), image.index()));
            bytesSinceSnapshot.set(0);
            applied.advance(image.index());
        }
    }

    @Override
    public void close() {
        getLifeCycle().checkStateAndClose();
    }

    // ---- commands

    @Override
    public TransactionContext preAppendTransaction(TransactionContext transaction) {
        RaftClientRequest request = transaction.getClientRequest();
        if (request != null && request.getMessage() instanceof Submission submission) {
            submission.markAppended();
        }
        return transaction;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        ByteString command = entry.getStateMachineLogEntry().getLogData();
        ByteBuffer result = state.apply(entry.getIndex(), command.asReadOnlyByteBuffer());
        bytesSinceSnapshot.addAndGet(command.size());
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        applied.advance(entry.getIndex());
        return CompletableFuture.completedFuture(Message.valueOf(UnsafeByteOperations.unsafeWrap(result)));
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        updateLastAppliedTermIndex(term, index);
        applied.advance(index);
    }

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto change) {
        configuration = LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setConfigurationEntry(change)
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
    }

    @Override
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        onLogFailed.accept(cause);
    }

    // ---- snapshots

    /** Blocks applying, not appending. Durable and published on return. */
    @Override
    public long takeSnapshot() throws IOException {
        TermIndex at = getLastAppliedTermIndex();
        if (at.getIndex() < 0 || usesStockLog()) {
            return RaftLog.INVALID_LOG_INDEX;
        }
        long begin = System.nanoTime();
        snapshots.take(at, configuration, state, wal());
        bytesSinceSnapshot.set(0);
        LOG.info("{}: snapshot at {} took {} ms", getId(), at, (System.nanoTime() - begin) / 1_000_000);
        return at.getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return snapshots;
    }

    /** Lets go of every snapshot but the latest. */
    void keepLatestSnapshot() throws IOException {
        snapshots.cleanupOldSnapshots(new SnapshotRetentionPolicy() {
            @Override
            public int getNumSnapshotsRetained() {
                return 1;
            }
        });
    }

    /** From any thread. */
    long neededLsn() {
        return state.neededLsn();
    }

    /** What is known to be wrong in the log. */
    Damage damage() {
        return damage;
    }

    long bytesSinceSnapshot() {
        return bytesSinceSnapshot.get();
    }

    static boolean usesStockLog() {
        return Boolean.getBoolean(STOCK_LOG_PROPERTY);
    }

    /**
     * The command of an applied entry, straight out of the log.
     *
     * @throws io.walnut.wal.WalTrimmedException when nothing needed it any more
     * @throws IOException when it cannot be read, or the entry holds no command
     */
    ByteBuffer readCommand(long lsn) throws IOException {
        RaftServer.Division stock = stockLog;
        if (stock != null) {
            LogEntryProto entry = stock.getRaftLog().get(lsn);
            return Objects.requireNonNull(entry)
                    .getStateMachineLogEntry()
                    .getLogData()
                    .asReadOnlyByteBuffer();
        }
        Wal log = Objects.requireNonNull(wal, "not initialized");
        return EntryBytes.command(damage.noticing(() -> log.read(lsn)).payload())
                .orElseThrow(() -> new IOException("entry " + lsn + " holds no command"));
    }

    private Wal wal() {
        return Objects.requireNonNull(wal, "not initialized");
    }
}
