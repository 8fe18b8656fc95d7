package io.walnut.node.raft;

import org.apache.ratis.server.DivisionInfo;

/**
 * Term and role of a member at one moment. Ratis tells them one after the other: who leads in one term, and is deposed between the
 * two questions, would seem to lead in the next one.
 */
record Standing(long term, RaftStatus.Role role) {
    private static final int TRIES = 100;

    /** A role is given up before the next term begins, and taken after it has: one that is told within a term is of that term. */
    static Standing of(DivisionInfo info) {
        long term = info.getCurrentTerm();
        for (int i = 0; i < TRIES; i++) {
            RaftStatus.Role role = role(info);
            long before = term;
            term = info.getCurrentTerm();
            if (term == before) {
                return new Standing(term, role);
            }
        }
        return new Standing(term, RaftStatus.Role.CANDIDATE); // terms that pass as fast as that have no leader
    }

    private static RaftStatus.Role role(DivisionInfo info) {
        return switch (info.getCurrentRole()) {
            case LEADER -> RaftStatus.Role.LEADER;
            case FOLLOWER -> RaftStatus.Role.FOLLOWER;
            case CANDIDATE -> RaftStatus.Role.CANDIDATE;
            case LISTENER -> RaftStatus.Role.LEARNER;
            default -> RaftStatus.Role.STARTING;
        };
    }
}
