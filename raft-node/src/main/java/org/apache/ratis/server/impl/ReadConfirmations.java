package org.apache.ratis.server.impl;

import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.jspecify.annotations.Nullable;

/**
 * Confirms for each linearizable read that this member still led after the read had begun: a majority has answered a request that
 * was made after that (ReadIndex: Ongaro, "Consensus: Bridging Theory and Practice", section 6.4). Thread-safe.
 *
 * <p>Stands in for what Ratis does, which lets a leader that was replaced and does not know it answer with what is old, in two ways: a
 * commit index that was confirmed for one read needs no confirmation for the next, and reads at the same commit index share answers
 * to requests that may be older than the read.
 */
public final class ReadConfirmations extends ReadIndexHeartbeats {
    private final LeaderStateImpl leader;

    /** Begun and not yet confirmed, oldest first. */
    private final Deque<Round> pending = new ArrayDeque<>();

    /** Why nothing is confirmed any more; null while this member leads. */
    private @Nullable Exception ended;

    private ReadConfirmations(LeaderStateImpl leader) {
        this.leader = leader;
    }

    private static final class Seam {
        static final Field HEARTBEATS = find();

        private static Field find() {
            try {
                Field heartbeats = LeaderStateImpl.class.getDeclaredField("readIndexHeartbeats");
                heartbeats.setAccessible(true);
                return heartbeats;
            } catch (NoSuchFieldException e) {
                throw new IllegalStateException(
                        "This version of Ratis has no LeaderStateImpl.readIndexHeartbeats; linearizable reads cannot be"
                                + " confirmed. Walnut is built for Ratis 3.3.0",
                        e);
            }
        }
    }

    /** Checks that the name which this needs exists. Throws IllegalStateException otherwise. */
    public static void check() {
        if (Seam.HEARTBEATS.getType() != ReadIndexHeartbeats.class) {
            throw new IllegalStateException("LeaderStateImpl.readIndexHeartbeats is a " + Seam.HEARTBEATS.getType());
        }
    }

    /**
     * Has reads confirmed here from now on. To be called for each appender that a leader makes, as it is made: the first is made
     * before anybody can read from the leader.
     */
    public static ReadConfirmations of(LeaderState state) {
        try {
            if (Seam.HEARTBEATS.get(state) instanceof ReadConfirmations present) {
                return present;
            }
            ReadConfirmations confirmations = new ReadConfirmations((LeaderStateImpl) state);
            Seam.HEARTBEATS.set(state, confirmations);
            return confirmations;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Whether this member leads and has not yet applied the first entry of its term. Goes by what Ratis itself answers reads with, which
     * is there for a moment longer than the role of leader when the member steps down.
     */
    public static boolean isUnreadyLeader(RaftServer.Division division) {
        return ((RaftServerImpl) division)
                .getRole()
                .getLeaderState()
                .map(leader -> !leader.isReady())
                .orElse(false);
    }

    /** Whether a read waits for the answer to a request of this appender that is not made yet. */
    public synchronized boolean awaitsRequestOf(LogAppender appender) {
        Round last = pending.peekLast();
        return last != null && last.awaitsRequestOf(appender);
    }

    /** What confirms that this member led when the round began or later. */
    private static final class Round extends AppendEntriesListener {
        private final long commitIndex;

        /** Of each appender the first request that is made after the round has begun. */
        private final Map<LogAppender, Long> firstCalls = new HashMap<>();

        private final Set<RaftPeerId> confirmedBy = new HashSet<>();

        Round(long commitIndex, List<LogAppender> appenders) {
            super(commitIndex, List.of());
            this.commitIndex = commitIndex;
            appenders.forEach(appender -> firstCalls.put(appender, appender.getCallId()));
            appenders.forEach(LogAppender::triggerHeartbeat);
        }

        /** Whether it is as good for a read that begins now: of the requests that count none is made yet. */
        boolean isAsGoodAsNew(long commitIndex, List<LogAppender> appenders) {
            return this.commitIndex == commitIndex
                    && firstCalls.size() == appenders.size()
                    && appenders.stream()
                            .allMatch(appender ->
                                    Long.valueOf(appender.getCallId()).equals(firstCalls.get(appender)));
        }

        boolean awaitsRequestOf(LogAppender appender) {
            Long first = firstCalls.get(appender);
            return first != null && appender.getCallIdComparator().compare(appender.getCallId(), first) <= 0;
        }

        void answered(LogAppender appender, long callId) {
            // An appender that has come since: what it has sent by now may have been sent when it was not in the list.
            long first = firstCalls.computeIfAbsent(appender, late -> {
                long next = late.getCallId();
                late.triggerHeartbeat();
                return next;
            });
            if (appender.getCallIdComparator().compare(callId, first) >= 0) {
                confirmedBy.add(appender.getFollowerId());
            }
        }
    }

    @Override
    synchronized AppendEntriesListener addAppendEntriesListener(
            long askedAt, Function<Long, AppendEntriesListener> unused) {
        List<LogAppender> appenders = leader.getLogAppenders().toList();
        // Ratis asks for the commit index before it asks whether the leader is ready; that one may be of before its
        // first entry.
        long commitIndex = appenders.stream()
                .mapToLong(appender -> appender.getRaftLog().getLastCommittedIndex())
                .reduce(askedAt, Math::max);
        Round last = pending.peekLast();
        if (last != null && last.isAsGoodAsNew(commitIndex, appenders)) {
            return last;
        }
        Round round = new Round(commitIndex, appenders);
        if (ended == null) {
            pending.add(round);
        } else {
            round.getFuture().completeExceptionally(ended);
        }
        return round;
    }

    @Override
    void onAppendEntriesReply(
            LogAppender appender, AppendEntriesReplyProto reply, Predicate<Predicate<RaftPeerId>> hasMajority) {
        if (reply.getServerReply().getSuccess()) {
            for (Round round : confirmed(appender, reply.getServerReply().getCallId(), hasMajority)) {
                round.getFuture().complete(round.commitIndex);
            }
        }
    }

    private synchronized List<Round> confirmed(
            LogAppender appender, long callId, Predicate<Predicate<RaftPeerId>> hasMajority) {
        List<Round> confirmed = new ArrayList<>();
        for (Iterator<Round> rounds = pending.iterator(); rounds.hasNext(); ) {
            Round round = rounds.next();
            round.answered(appender, callId);
            if (hasMajority.test(round.confirmedBy::contains)) {
                confirmed.add(round);
                rounds.remove();
            }
        }
        return confirmed;
    }

    @Override
    void failListeners(Exception why) {
        for (Round round : end(why)) {
            round.getFuture().completeExceptionally(why);
        }
    }

    private synchronized List<Round> end(Exception why) {
        if (ended == null) {
            ended = why;
        }
        List<Round> rounds = List.copyOf(pending);
        pending.clear();
        return rounds;
    }
}
