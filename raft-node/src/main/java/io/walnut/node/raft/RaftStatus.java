package io.walnut.node.raft;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a member stands at one moment. Indexes are inclusive; -1 means none.
 *
 * @param leaderId the leader that this member knows of, null during an election
 * @param firstIndex lowest entry that Ratis sees here; a follower that needs an earlier one is sent a snapshot
 * @param lastIndex highest entry in the local log, durable or not
 * @param durableIndex highest entry that is durable here
 * @param snapshotIndex last index in the latest durable snapshot
 * @param matchIndexes on the leader: highest entry known to be durable on each other member; else empty
 * @param commitIndexes highest commit index known of each member, this one included
 * @param healthy whether the group runs and the log is open; never true again once false
 */
public record RaftStatus(
        String nodeId,
        Role role,
        long term,
        @Nullable String leaderId,
        long firstIndex,
        long lastIndex,
        long durableIndex,
        long commitIndex,
        long appliedIndex,
        long snapshotIndex,
        Map<String, Long> matchIndexes,
        Map<String, Long> commitIndexes,
        boolean healthy) {

    /** A member's role. */
    public enum Role {
        LEADER,
        FOLLOWER,
        CANDIDATE,
        /** Replicates without a vote. */
        LEARNER,
        STARTING,
        CLOSED
    }

    public RaftStatus {
        matchIndexes = Map.copyOf(matchIndexes);
        commitIndexes = Map.copyOf(commitIndexes);
    }

    /** The leader that this member knows of, if it knows one. */
    public Optional<String> leader() {
        return Optional.ofNullable(leaderId);
    }
}
