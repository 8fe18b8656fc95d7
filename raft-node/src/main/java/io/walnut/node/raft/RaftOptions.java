package io.walnut.node.raft;

import io.walnut.wal.WalObserver;
import io.walnut.wal.WalOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;

/**
 * What a group member needs to start. All members of a group are given the same group id, peers and limits.
 *
 * @param nodeId which of {@code peers} this member is
 * @param groupId identity of the group; a directory of another group is refused
 * @param peers the first members of the group, this one included
 * @param directory holds one directory per group; created when missing
 * @param bindHost address that the peer port listens on; empty means all
 * @param electionTimeout shortest silence of the leader after which a follower asks for votes; the longest is twice
 *     that, heartbeats go out at half of it
 * @param maxEntryBytes largest command that {@link RaftGroupNode#submit} takes, in bytes
 * @param maxPendingBytes most command bytes submitted and not yet applied; more is refused as overloaded
 * @param segmentBytes size at which a WAL segment is rolled, rounded down to a multiple of 4096; at least the largest entry
 *     is taken, 1 GiB at most
 * @param snapshots when snapshots are taken
 * @param walObserver hears what the WAL does
 * @param peerCalls hear what other members send here, before Ratis does, the first one first; none in a cluster of processes
 */
public record RaftOptions(
        String nodeId,
        UUID groupId,
        List<Peer> peers,
        Path directory,
        String bindHost,
        Duration electionTimeout,
        int maxEntryBytes,
        long maxPendingBytes,
        long segmentBytes,
        Snapshots snapshots,
        WalObserver walObserver,
        List<ServerInterceptor> peerCalls) {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** The WAL writes whole blocks of that. */
    private static final int SEGMENT_STEP = 4 * KIB;

    private static final long GIB = 1024L * MIB;

    /** The smallest timeout that a two-core machine under load keeps without needless elections. */
    public static final Duration DEFAULT_ELECTION_TIMEOUT = Duration.ofMillis(500);

    /**
     * When a snapshot is taken: at the first of the two, and only if something was applied since the last.
     *
     * @param everyBytes of commands applied
     * @param every time passed
     */
    public record Snapshots(long everyBytes, Duration every) {
        public Snapshots {
            if (everyBytes < 1 || !every.isPositive()) {
                throw new IllegalArgumentException("snapshots: everyBytes and every must be positive");
            }
        }
    }

    public RaftOptions {
        peers = List.copyOf(peers);
        peerCalls = List.copyOf(peerCalls);
        if (peers.stream().noneMatch(peer -> peer.id().equals(nodeId))) {
            throw new IllegalArgumentException("node id " + nodeId + " is not one of the peers "
                    + peers.stream().map(Peer::id).toList());
        }
        if (peers.stream().map(Peer::id).distinct().count() != peers.size()) {
            throw new IllegalArgumentException("two peers have the same id: "
                    + peers.stream().map(Peer::id).toList());
        }
        if (electionTimeout.toMillis() < 50) {
            throw new IllegalArgumentException("election timeout " + electionTimeout + " is below 50 ms");
        }
        if (maxEntryBytes < 4 * KIB || maxEntryBytes > 64 * MIB) {
            throw new IllegalArgumentException("max entry bytes " + maxEntryBytes + " is not in 4 KiB..64 MiB");
        }
        if (maxPendingBytes < maxEntryBytes) {
            throw new IllegalArgumentException("max pending bytes is below max entry bytes");
        }
        if (segmentBytes > GIB) {
            throw new IllegalArgumentException("segment bytes " + segmentBytes + " are above 1 GiB");
        }
    }

    /** The options of this member's WAL. */
    public WalOptions wal() {
        // A batch is one AppendEntries at most; what is in flight must fit into the log's cache of recent entries.
        int maxBatch = maxEntryBytes + RaftKeys.BATCH_SLACK_BYTES;
        int smallest = maxBatch + RaftKeys.BATCH_SLACK_BYTES + SEGMENT_STEP;
        return WalOptions.defaults()
                .withSizes(
                        Math.max(segmentBytes, smallest) / SEGMENT_STEP * SEGMENT_STEP,
                        maxBatch,
                        Math.max(RaftKeys.WAL_BYTES_IN_FLIGHT, 2L * (maxBatch + RaftKeys.BATCH_SLACK_BYTES)))
                .withObserver(walObserver)
                .withPastPageCache(false) // followers and readers want what was just appended
                .withSpareSegments(0); // a trim is there to give the disk room back
    }

    /** The recommended values, for a member that listens on all addresses. */
    public static RaftOptions of(String nodeId, UUID groupId, List<Peer> peers, Path directory) {
        return new RaftOptions(
                nodeId,
                groupId,
                peers,
                directory,
                "",
                DEFAULT_ELECTION_TIMEOUT,
                8 * MIB,
                256L * MIB,
                64L * MIB,
                new Snapshots(256L * MIB, Duration.ofMinutes(10)),
                WalObserver.NONE,
                List.of());
    }

    /** The peer that is this member. */
    public Peer self() {
        return peers.stream()
                .filter(peer -> peer.id().equals(nodeId))
                .findFirst()
                .orElseThrow();
    }

    public RaftOptions withBindHost(String host) {
        return with(draft -> draft.bindHost = host);
    }

    public RaftOptions withElectionTimeout(Duration timeout) {
        return with(draft -> draft.electionTimeout = timeout);
    }

    public RaftOptions withMaxEntryBytes(int bytes) {
        return with(draft -> {
            draft.maxEntryBytes = bytes;
            draft.maxPendingBytes = Math.max(maxPendingBytes, bytes);
        });
    }

    public RaftOptions withMaxPendingBytes(long bytes) {
        return with(draft -> draft.maxPendingBytes = bytes);
    }

    public RaftOptions withSegmentBytes(long bytes) {
        return with(draft -> draft.segmentBytes = bytes);
    }

    public RaftOptions withSnapshots(Snapshots newSnapshots) {
        return with(draft -> draft.snapshots = newSnapshots);
    }

    public RaftOptions withWalObserver(WalObserver observer) {
        return with(draft -> draft.walObserver = observer);
    }

    public RaftOptions withPeerCalls(List<ServerInterceptor> interceptors) {
        return with(draft -> draft.peerCalls = interceptors);
    }

    private RaftOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new RaftOptions(
                nodeId,
                groupId,
                peers,
                directory,
                draft.bindHost,
                draft.electionTimeout,
                draft.maxEntryBytes,
                draft.maxPendingBytes,
                draft.segmentBytes,
                draft.snapshots,
                draft.walObserver,
                draft.peerCalls);
    }

    /** What can be changed of the options, while it is changed. */
    private static final class Draft {
        private String bindHost;
        private Duration electionTimeout;
        private int maxEntryBytes;
        private long maxPendingBytes;
        private long segmentBytes;
        private Snapshots snapshots;
        private WalObserver walObserver;
        private List<ServerInterceptor> peerCalls;

        Draft(RaftOptions from) {
            bindHost = from.bindHost;
            electionTimeout = from.electionTimeout;
            maxEntryBytes = from.maxEntryBytes;
            maxPendingBytes = from.maxPendingBytes;
            segmentBytes = from.segmentBytes;
            snapshots = from.snapshots;
            walObserver = from.walObserver;
            peerCalls = from.peerCalls;
        }
    }
}
