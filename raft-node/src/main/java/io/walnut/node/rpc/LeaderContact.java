package io.walnut.node.rpc;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Whether this node still hears from its group. While it knows a leader it is sent what is appended; without one for longer than
 * elections take, what it has applied may be old. One thread looks, any may ask.
 */
final class LeaderContact {
    /** An election ends within two of its timeouts, and sometimes a second one has to follow. */
    private static final int ELECTION_TIMEOUTS = 5;

    private final BooleanSupplier hasLeader;
    private final long limitNanos;
    private volatile long lastNanos = System.nanoTime(); // written by who looks

    LeaderContact(BooleanSupplier hasLeader, Duration electionTimeout) {
        this.hasLeader = hasLeader;
        this.limitNanos = electionTimeout.multipliedBy(ELECTION_TIMEOUTS).toNanos();
    }

    /** To be called again within this time. */
    long lookEveryNanos() {
        return limitNanos / ELECTION_TIMEOUTS;
    }

    void look() {
        if (hasLeader.getAsBoolean()) {
            lastNanos = System.nanoTime();
        }
    }

    boolean isLost() {
        // Asked once more: it may have come back since the last look.
        return System.nanoTime() - lastNanos > limitNanos && !hasLeader.getAsBoolean();
    }
}
