package io.walnut.node.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.impl.ReadConfirmations;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * Ratis's gRPC transport with a log appender that does six things otherwise:
 *
 * <ul>
 *   <li>The pause between two sends to a follower. Ratis pauses a fixed time (1 ms), which gathers the entries of a busy leader
 *       and is three quarters of the latency of a lone append. Here the pause is taken only while an earlier send is not yet
 *       answered: a lone append goes out at once, and a busy leader gathers as before.
 *   <li>Snapshots are sent as {@link SnapshotSend} does.
 *   <li>Followers that are sent a snapshot are noted in {@link CatchingUp}, so that the entries after it are kept for them.
 *   <li>A heartbeat says which entry comes before it also while entries are on their way. Ratis leaves it out then, and the
 *       follower, not knowing how far its log agrees, learns of no commit: one whose disk is full or stuck would answer no
 *       linearizable read. Here it is the last entry that the follower has acknowledged.
 *   <li>A follower that has lost its log is taken at its word: what it acknowledged before no longer counts for commits. A
 *       decision of safety, in {@code getNextIndexForInconsistency}.
 *   <li>Linearizable reads are confirmed as {@link ReadConfirmations} does, not as Ratis does.
 * </ul>
 *
 * <p>Named in {@code raft.rpc.type} and made by Ratis through reflection, therefore public.
 */
public final class WalnutRpc implements RpcType {

    @Override
    public String name() {
        return WalnutRpc.class.getName();
    }

    @Override
    public RpcFactory newFactory(Parameters parameters) {
        return new Factory(parameters);
    }

    private static final class Factory extends GrpcFactory {
        Factory(Parameters parameters) {
            super(parameters);
        }

        @Override
        public LogAppender newLogAppender(RaftServer.Division server, LeaderState state, FollowerInfo follower) {
            return new Appender(server, state, follower);
        }
    }

    private static final class Appender extends GrpcLogAppender {
        /** Whether the request being sent was made when nothing else was in flight. Owned by the appender's thread. */
        private boolean alone;

        private final int snapshotChunkBytes;

        private final ReadConfirmations reads;

        Appender(RaftServer.Division server, LeaderState state, FollowerInfo follower) {
            super(server, state, follower);
            reads = ReadConfirmations.of(state);
            snapshotChunkBytes = RaftServerConfigKeys.Log.Appender.snapshotChunkSizeMax(
                            server.getRaftServer().getProperties())
                    .getSizeInt();
        }

        @Override
        public Iterable<InstallSnapshotRequestProto> newInstallSnapshotRequests(
                String requestId, SnapshotInfo snapshot) {
            try {
                if (getRaftLog() instanceof WalRaftLog log) {
                    log.catchingUp().began(getFollowerId(), snapshot.getIndex());
                }
                return new SnapshotSend(
                        snapshot,
                        getServer()
                                .getStateMachine()
                                .getStateMachineStorage()
                                .getSnapshotDir()
                                .toPath(),
                        requestId,
                        snapshotChunkBytes,
                        SnapshotSend.envelope(getServer(), getFollowerId()));
            } catch (IOException e) {
                // Ratis begins anew, with the snapshot that is the latest then.
                throw new UncheckedIOException("cannot send " + snapshot, e);
            }
        }

        @Override
        public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
                throws RaftLogIOException {
            alone = !hasPendingDataRequests();
            if (getRaftLog() instanceof WalRaftLog log) {
                log.catchingUp().reached(getFollowerId(), getFollower().getMatchIndex(), log.getNextIndex());
            }
            return withPrevious(super.newAppendEntriesRequest(callId, heartbeat));
        }

        private @Nullable AppendEntriesRequestProto withPrevious(@Nullable AppendEntriesRequestProto request) {
            if (request == null || request.getEntriesCount() > 0 || request.hasPreviousLog()) {
                return request;
            }
            long matched = getFollower().getMatchIndex();
            TermIndex previous = matched < 0 ? null : getRaftLog().getTermIndex(matched);
            return previous == null
                    ? request
                    : request.toBuilder().setPreviousLog(previous.toProto()).build();
        }

        /** Called as a request is sent, which may have been made before a read began that asks for one. */
        @Override
        protected void resetHeartbeatTrigger() {
            super.resetHeartbeatTrigger();
            if (reads.awaitsRequestOf(this)) {
                triggerHeartbeat();
            }
        }

        @Override
        public CompletableFuture<LifeCycle.State> stopAsync() {
            if (getRaftLog() instanceof WalRaftLog log) {
                log.catchingUp().ended(getFollowerId());
            }
            return super.stopAsync();
        }

        @Override
        public long getWaitTimeMs() {
            alone = !hasPendingDataRequests();
            return super.getWaitTimeMs();
        }

        /**
         * A follower that asks for the first entry of all has lost its log (its disk was replaced). Ratis would insist on
         * what it acknowledged before and get the same answer for ever; here that is forgotten, no longer counted for
         * commits, and the follower is sent entries or a snapshot.
         */
        @Override
        protected long getNextIndexForInconsistency(long requestFirstIndex, long replyNextIndex) {
            if (replyNextIndex == RaftLog.LEAST_VALID_LOG_INDEX && getFollower().getMatchIndex() >= 0) {
                LOG.warn(
                        "{}: follower {} has lost its log, which matched up to {}",
                        this,
                        getFollower().getId(),
                        getFollower().getMatchIndex());
                getFollower().setSnapshotIndex(RaftLog.INVALID_LOG_INDEX);
                return RaftLog.LEAST_VALID_LOG_INDEX;
            }
            return super.getNextIndexForInconsistency(requestFirstIndex, replyNextIndex);
        }

        @Override
        protected TimeDuration getRemainingWaitTime() {
            return alone ? TimeDuration.ZERO : super.getRemainingWaitTime();
        }
    }
}
