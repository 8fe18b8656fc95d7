package org.apache.ratis.server.impl;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.util.MemoizedSupplier;

/**
 * Puts a log of ours into a Ratis division, which has no factory for it.
 *
 * <p>{@code ServerState.log} is a memoized supplier that is first asked right after {@code StateMachine.initialize}.
 * {@link #install} is the last step of that method: it opens our log and stores it as the supplier's value. Two private
 * names of Ratis are touched; {@link #check} fails at start-up, with the names, where a version has others.
 */
public final class RaftLogSeam {
    private RaftLogSeam() {}

    /**
     * What a log calls back in its division.
     *
     * @param commitEvent to be run after the durable index has moved: a leader counts its own vote then
     * @param truncated to be given every entry that a conflict takes away, oldest first, before it goes
     * @param snapshotIndex last index of the state machine's latest snapshot, or -1
     * @param lock of the division: terms change and votes are given under it
     * @param currentTerm the division's
     */
    public record Division(
            RaftGroupMemberId memberId,
            StateMachine stateMachine,
            Runnable commitEvent,
            Consumer<LogEntryProto> truncated,
            LongSupplier snapshotIndex,
            DivisionLock lock,
            LongSupplier currentTerm) {}

    /** Comes before the locks of the log: never to be asked for with one of those. */
    public interface DivisionLock {
        <T> T holding(Supplier<T> task);
    }

    /** Makes a log, not yet opened. */
    @FunctionalInterface
    public interface Factory {
        RaftLog create(Division division) throws IOException;
    }

    private record Handles(VarHandle log, VarHandle value) {
        private static final Handles INSTANCE = find();

        private static Handles find() {
            try {
                Class<?> memoized = Class.forName("org.apache.ratis.util.MemoizedBase");
                return new Handles(
                        MethodHandles.privateLookupIn(ServerState.class, MethodHandles.lookup())
                                .findVarHandle(ServerState.class, "log", MemoizedSupplier.class),
                        MethodHandles.privateLookupIn(memoized, MethodHandles.lookup())
                                .findVarHandle(memoized, "value", Object.class));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(
                        "This version of Ratis has no ServerState.log (MemoizedSupplier) or no MemoizedBase.value;"
                                + " the log cannot be put in. Walnut is built for Ratis 3.3.0",
                        e);
            }
        }
    }

    /** Checks that the names which the seam needs exist. Throws IllegalStateException otherwise. */
    public static void check() {
        if (Handles.INSTANCE.value.varType() != Object.class) {
            throw new IllegalStateException("MemoizedBase.value is a " + Handles.INSTANCE.value.varType());
        }
    }

    /**
     * Opens the log that {@code factory} makes and puts it in. To be called once, at the end of {@code
     * StateMachine.initialize}, when the latest snapshot is loaded.
     */
    public static void install(RaftServer server, RaftGroupId groupId, Factory factory) throws IOException {
        RaftServerImpl division = (RaftServerImpl) server.getDivision(groupId);
        ServerState state = division.getState();
        RaftLog log = open(division, factory, entry -> {
            if (entry.hasConfigurationEntry()) {
                state.setRaftConf(LogProtoUtils.toRaftConfiguration(entry));
            }
        });
        if (!Handles.INSTANCE.value.compareAndSet(Handles.INSTANCE.log.get(state), null, log)) {
            log.close();
            throw new IllegalStateException(division.getMemberId() + ": the Raft log was there before ours");
        }
    }

    /** Makes and opens a log for a division, feeding configurations found in it to {@code consumer}. */
    static RaftLog open(RaftServerImpl division, Factory factory, Consumer<LogEntryProto> consumer) throws IOException {
        StateMachine stateMachine = division.getStateMachine();
        RaftLog log = factory.create(new Division(
                division.getMemberId(),
                stateMachine,
                division::submitUpdateCommitEvent,
                division::notifyTruncatedLogEntry,
                () -> snapshotIndex(stateMachine),
                new DivisionLock() {
                    @Override
                    public <T> T holding(Supplier<T> task) {
                        synchronized (division) {
                            return task.get();
                        }
                    }
                },
                () -> division.getState().getCurrentTerm()));
        try {
            log.open(log.getSnapshotIndex(), consumer);
        } catch (IOException | RuntimeException e) {
            try {
                log.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
        return log;
    }

    private static long snapshotIndex(StateMachine stateMachine) {
        SnapshotInfo latest = stateMachine.getLatestSnapshot();
        return latest == null ? RaftLog.INVALID_LOG_INDEX : Math.max(latest.getIndex(), RaftLog.INVALID_LOG_INDEX);
    }
}
