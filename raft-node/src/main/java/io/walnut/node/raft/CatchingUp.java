package io.walnut.node.raft;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.apache.ratis.protocol.RaftPeerId;

/**
 * Followers that were sent a snapshot and need the entries after it next. Under load a leader would have purged those by the
 * time that the snapshot has arrived, and would send another one, without end. So they are kept, for {@link #LIMIT} at most.
 * Thread-safe.
 */
final class CatchingUp {
    /** From the beginning of the last snapshot; a follower that is not there by then may need another one. */
    static final Duration LIMIT = Duration.ofMinutes(10);

    /** What bridges a short absence anyway is near enough. */
    private static final int NEAR = RaftKeys.PRESERVED_ENTRIES / 2;

    private record Follower(long index, long sinceNanos) {}

    private final Map<RaftPeerId, Follower> followers = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    CatchingUp(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A snapshot that ends at {@code index} is being sent. */
    void began(RaftPeerId follower, long index) {
        followers.put(follower, new Follower(index, nanoTime.getAsLong()));
    }

    /** The follower has everything up to {@code index}; the log ends before {@code end}. */
    void reached(RaftPeerId follower, long index, long end) {
        followers.computeIfPresent(
                follower,
                (_, now) -> index + NEAR >= end ? null : new Follower(Math.max(index, now.index), now.sinceNanos));
    }

    /** Nothing is sent to that follower any more. */
    void ended(RaftPeerId follower) {
        followers.remove(follower);
    }

    /** The first entry that is kept, or {@link Long#MAX_VALUE}. */
    long firstKept() {
        long now = nanoTime.getAsLong();
        return followers.values().stream()
                .filter(follower -> now - follower.sinceNanos < LIMIT.toNanos())
                .mapToLong(follower -> follower.index + 1)
                .min()
                .orElse(Long.MAX_VALUE);
    }
}
