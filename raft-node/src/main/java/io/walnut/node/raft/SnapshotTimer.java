package io.walnut.node.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for a snapshot when enough bytes were applied or enough time has passed since the last, on every member; and while the
 * disk is short of room, when a trim or a removal of a log has left something to give back, which only a snapshot can. Waits
 * longer after each failure. One thread calls {@link #check} about every second.
 */
final class SnapshotTimer {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTimer.class);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    /** Between two for want of room, each of which begins a segment. */
    private static final Duration BETWEEN_FOR_ROOM = Duration.ofSeconds(5);

    /** The member as this class sees it. */
    interface Member {
        /** Bytes applied since the last snapshot. */
        long bytesSinceSnapshot();

        /** The lowest LSN that a named log needs, {@link Long#MAX_VALUE} when none needs any: it rises by trims and removals. */
        long neededLsn();

        boolean isShortOfRoom();

        /** Blocks until the snapshot is durable. */
        void takeSnapshot() throws IOException;

        /** As {@link #takeSnapshot}, and gives back all that it no longer needs then. */
        void makeRoom() throws IOException;
    }

    private final String name;
    private final RaftOptions.Snapshots when;
    private final Member member;
    private final LongSupplier nanoClock;

    private long lastNanos;
    private long neededBefore;
    private boolean somethingToGiveBack;
    private Duration waitAfterFailure = Duration.ZERO;

    SnapshotTimer(String name, RaftOptions.Snapshots when, Member member, LongSupplier nanoClock) {
        this.name = name;
        this.when = when;
        this.member = member;
        this.nanoClock = nanoClock;
        this.lastNanos = nanoClock.getAsLong();
        this.neededBefore = member.neededLsn();
    }

    /** Takes a snapshot when it is due; blocks until it is there. */
    void check() {
        long needed = member.neededLsn();
        somethingToGiveBack |= needed > neededBefore;
        neededBefore = needed;

        long bytes = member.bytesSinceSnapshot();
        Duration since = Duration.ofNanos(nanoClock.getAsLong() - lastNanos);
        boolean forRoom = somethingToGiveBack && since.compareTo(BETWEEN_FOR_ROOM) >= 0 && member.isShortOfRoom();
        boolean due = forRoom || bytes >= when.everyBytes() || (bytes > 0 && since.compareTo(when.every()) >= 0);
        if (!due || since.compareTo(waitAfterFailure) < 0) {
            return;
        }
        try {
            if (forRoom) {
                somethingToGiveBack = false;
                member.makeRoom();
            } else {
                member.takeSnapshot();
            }
            waitAfterFailure = Duration.ZERO;
        } catch (IOException | RuntimeException e) {
            somethingToGiveBack |= forRoom;
            waitAfterFailure = waitAfterFailure.isZero() ? Duration.ofSeconds(5) : waitAfterFailure.multipliedBy(2);
            waitAfterFailure = waitAfterFailure.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : waitAfterFailure;
            LOG.warn("node={} no snapshot; next try in {} s", name, waitAfterFailure.toSeconds(), e);
        }
        lastNanos = nanoClock.getAsLong();
    }
}
