package io.walnut.node.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for a snapshot when enough bytes were applied or enough time has passed since the last, on every member; waits
 * longer after each failure. One thread calls {@link #check} about every second.
 */
final class SnapshotTimer {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTimer.class);
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private final RaftServer server;
    private final RaftGroupId groupId;
    private final RaftOptions.Snapshots when;
    private final LongSupplier bytesSinceSnapshot;
    private final ClientId clientId = ClientId.randomId();

    private long lastNanos = System.nanoTime();
    private Duration waitAfterFailure = Duration.ZERO;

    SnapshotTimer(RaftServer server, RaftGroupId groupId, RaftOptions.Snapshots when, LongSupplier bytesSinceSnapshot) {
        this.server = server;
        this.groupId = groupId;
        this.when = when;
        this.bytesSinceSnapshot = bytesSinceSnapshot;
    }

    /** Takes a snapshot when it is due; blocks until it is there. */
    void check() {
        long bytes = bytesSinceSnapshot.getAsLong();
        Duration since = Duration.ofNanos(System.nanoTime() - lastNanos);
        boolean due = bytes >= when.everyBytes() || (bytes > 0 && since.compareTo(when.every()) >= 0);
        if (!due || since.compareTo(waitAfterFailure) < 0) {
            return;
        }
        try {
            take();
            waitAfterFailure = Duration.ZERO;
        } catch (IOException | RuntimeException e) {
            waitAfterFailure = waitAfterFailure.isZero() ? Duration.ofSeconds(5) : waitAfterFailure.multipliedBy(2);
            waitAfterFailure = waitAfterFailure.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : waitAfterFailure;
            LOG.warn("node={} no snapshot; next try in {} s", server.getId(), waitAfterFailure.toSeconds(), e);
        }
        lastNanos = System.nanoTime();
    }

    /** The index that the latest snapshot covers then. */
    long take() throws IOException {
        RaftClientReply reply = server.snapshotManagement(SnapshotManagementRequest.newCreate(
                clientId, server.getId(), groupId, CallId.getAndIncrement(), TIMEOUT.toMillis(), 1));
        if (!reply.isSuccess()) {
            throw new IOException("snapshot refused", reply.getException());
        }
        return reply.getLogIndex();
    }
}
