package io.walnut.node.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * Ratis's face of a {@link ReplicatedState}. Applying a command never does I/O. Its {@link #initialize} opens the WAL and
 * puts our log into the division.
 *
 * <p>Threads: Ratis applies, takes snapshots and reloads in one thread; {@link #pause} comes from another, under the
 * server's lock.
 */
final class WalnutStateMachine extends BaseStateMachine {
    private final ReplicatedState state;
    private final AppliedSignal applied;
    private final Consumer<Throwable> onLogFailed;

    /** Bytes of commands applied since the last snapshot. */
    private final AtomicLong bytesSinceSnapshot = new AtomicLong();

    private volatile RaftServer.@Nullable Division stockLog;

    WalnutStateMachine(ReplicatedState state, AppliedSignal applied, Consumer<Throwable> onLogFailed) {
        this.state = state;
        this.applied = applied;
        this.onLogFailed = onLogFailed;
    }

    // ---- life

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        getLifeCycle().startAndTransition(() -> stockLog = server.getDivision(groupId), IOException.class);
    }

    /** May be called again while paused: Ratis pauses once per installation, also for one that never ends. */
    @Override
    public void pause() {
        if (getLifeCycle().compareAndTransition(LifeCycle.State.RUNNING, LifeCycle.State.PAUSING)) {
            getLifeCycle().transition(LifeCycle.State.PAUSED);
        }
    }

    /** Runs in the applying thread: goes on from the snapshot that was installed. */
    @Override
    public void reinitialize() throws IOException {
        getLifeCycle().startAndTransition(() -> {}, IOException.class);
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
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        onLogFailed.accept(cause);
    }

    /**
     * The command of an applied entry, straight out of the log.
     *
     * @throws IOException when it cannot be read, or the entry holds no command
     */
    ByteBuffer readCommand(long lsn) throws IOException {
        LogEntryProto entry =
                Objects.requireNonNull(stockLog, "not initialized").getRaftLog().get(lsn);
        return Objects.requireNonNull(entry)
                .getStateMachineLogEntry()
                .getLogData()
                .asReadOnlyByteBuffer();
    }
}
