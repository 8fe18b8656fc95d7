package io.walnut.node;

import io.walnut.cli.Build;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.http.Health;
import io.walnut.node.http.HttpPort;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.node.raft.Peer;
import io.walnut.node.raft.RaftGroupNode;
import io.walnut.node.raft.RaftOptions;
import io.walnut.node.raft.RaftStatus;
import io.walnut.node.rpc.GroupLogs;
import io.walnut.node.rpc.RpcServer;
import io.walnut.wal.metrics.WalMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node, put together: data directory, Raft group, services, HTTP port. Parts are opened in that order and closed in the
 * other.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** A node that is further behind than this is not sent work. */
    private static final long READY_LAG_ENTRIES = 1_000;

    /** Room that an entry needs beside its batches. */
    private static final int ENTRY_OVERHEAD_BYTES = 4 * 1024;

    private static final Duration DRAIN = Duration.ofSeconds(2);
    private static final Duration TRANSFER = Duration.ofSeconds(2);
    private static final Duration CALLS = Duration.ofSeconds(1);

    private final NodeConfig config;
    private final RaftGroupNode group;
    private final GroupLogs logs;
    private final RpcServer rpc;
    private final NodeMetrics metrics;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Deque<AutoCloseable> opened;

    private Node(
            NodeConfig config,
            RaftGroupNode group,
            GroupLogs logs,
            RpcServer rpc,
            NodeMetrics metrics,
            Deque<AutoCloseable> opened) {
        this.config = config;
        this.group = group;
        this.logs = logs;
        this.rpc = rpc;
        this.metrics = metrics;
        this.opened = opened;
    }

    /**
     * Starts a node. Returns when all of its ports are open, which is before there is a leader.
     *
     * @param onFailure called once when the node can do nothing more: the process should end
     * @throws StartException when it cannot start, with what to do
     */
    public static Node start(NodeConfig config, Consumer<Throwable> onFailure) throws StartException {
        return start(config, UnaryOperator.identity(), onFailure);
    }

    /**
     * As {@link #start(NodeConfig, Consumer)}, for who runs nodes in a process of its own and stands between them.
     *
     * @param member changes what the configuration says of the Raft member
     */
    public static Node start(NodeConfig config, UnaryOperator<RaftOptions> member, Consumer<Throwable> onFailure)
            throws StartException {
        requireOwnAddress(config.bindHost());
        requireFree(config, "client.port", config.ports().client());
        requireFree(config, "peer.port", config.ports().peer());
        requireFree(config, "http.port", config.ports().http());
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            DataDirectory directory = opened(opened, DataDirectory.open(config.dataDir()));
            NodeMetrics metrics = new NodeMetrics();
            RaftOptions raft =
                    options(config, directory.raft()).withWalObserver(new WalMetrics(metrics.registry(), "walnut_wal"));
            RaftGroupNode group = opened(opened, RaftGroupNode.start(member.apply(raft), onFailure));
            GroupLogs logs = new GroupLogs(group, config, Build.version(), metrics, InstantSource.system());
            opened(opened, logs.batcher());
            opened(opened, new StorageWatch(group, logs, config));
            RpcServer rpc = opened(opened, RpcServer.start(config, logs, metrics));
            Node node = new Node(config, group, logs, rpc, metrics, opened);
            metrics.gauge("walnut_disk_free_bytes", directory::freeBytes);
            node.registerGauges();
            opened(
                    opened,
                    HttpPort.start(
                            new InetSocketAddress(
                                    config.bindHost(), config.ports().http()),
                            node::health,
                            metrics.registry(),
                            Map.of(
                                    "version",
                                    Build.version(),
                                    "java",
                                    Runtime.version().toString())));
            rpc.serving(true);
            LOG.info(
                    "node={} cluster={} data={} client={} peer={} http={}: started",
                    config.nodeId(),
                    config.clusterId(),
                    directory.path(),
                    config.ports().client(),
                    config.ports().peer(),
                    config.ports().http());
            return node;
        } catch (IOException e) {
            closeAll(opened);
            throw new StartException("node " + config.nodeId() + " cannot start: " + e.getMessage(), e);
        } catch (StartException | RuntimeException e) {
            closeAll(opened);
            throw e;
        }
    }

    private static <T extends AutoCloseable> T opened(Deque<AutoCloseable> all, T one) {
        all.push(one);
        return one;
    }

    // Asked before anything is touched: a node must not join its group only to find that nobody can reach it.
    private static void requireFree(NodeConfig config, String key, int port) throws StartException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(config.bindHost(), port));
        } catch (IOException e) {
            boolean inUse = String.valueOf(e.getMessage()).contains("in use");
            throw new StartException(
                    key + " " + port + " on " + config.bindHost() + " cannot be listened on: " + e.getMessage() + "; "
                            + (inUse ? "stop the process that uses it, or set " : "set ") + key
                            + (inUse ? " (or node.bind-host)" : " to a port that this user may use"),
                    e);
        }
    }

    private static void requireOwnAddress(String host) throws StartException {
        try {
            InetAddress address = InetAddress.getByName(host);
            if (address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new StartException(
                    "node.bind-host " + host
                            + " is not known to this machine's resolver; set node.bind-host to an address"
                            + " of this machine, or to 0.0.0.0 for all of them",
                    e);
        } catch (SocketException e) {
            LOG.debug("this machine does not tell its addresses", e);
            return;
        }
        throw new StartException(
                "node.bind-host " + host + " is no address of this machine; set node.bind-host to one that"
                        + " is, or to 0.0.0.0 for all of them");
    }

    static RaftOptions options(NodeConfig config, Path raftDirectory) {
        return RaftOptions.of(
                        config.nodeId(),
                        config.groupId(),
                        config.peers().stream()
                                .map(peer -> new Peer(
                                        peer.id(),
                                        peer.peer().host(),
                                        peer.peer().port()))
                                .toList(),
                        raftDirectory)
                .withBindHost(config.bindHost())
                .withElectionTimeout(config.electionTimeout())
                .withMaxEntryBytes(config.limits().entryBytes() + ENTRY_OVERHEAD_BYTES)
                // Twice what the batcher lets in: the rest is for changes of logs, which are small.
                .withMaxPendingBytes(2 * config.limits().inFlightBytes())
                .withSegmentBytes(config.segmentBytes())
                .withSnapshots(new RaftOptions.Snapshots(
                        config.snapshot().everyBytes(), config.snapshot().every()));
    }

    private void registerGauges() {
        metrics.gauge("walnut_has_leader", () -> group.leader().isPresent() ? 1 : 0);
        metrics.gauge("walnut_is_leader", () -> group.status().role() == RaftStatus.Role.LEADER ? 1 : 0);
        metrics.gauge("walnut_raft_term", () -> group.status().term());
        metrics.gauge("walnut_raft_commit_index", () -> group.status().commitIndex());
        metrics.gauge("walnut_raft_applied_index", group::appliedIndex);
        metrics.gauge("walnut_raft_snapshot_index", () -> group.status().snapshotIndex());
        metrics.gauge("walnut_append_in_flight_bytes", () -> logs.batcher().inFlightBytes());
        metrics.gauge("walnut_storage_full", () -> group.storageFull().isPresent() ? 1 : 0);
        metrics.gauge("walnut_wal_damaged_places", group::damagedPlaces);
        metrics.gauge("walnut_logs", () -> group.logs().size());
    }

    /** How this node stands now. */
    public Health health() {
        return health(group.status(), stopping.get(), group.isReadyLeader());
    }

    static Health health(RaftStatus status, boolean stopping, boolean readyLeader) {
        if (!status.healthy()) {
            return new Health(false, true, false, "the Raft group has failed or is closed");
        }
        if (stopping) {
            return new Health(true, true, false, "the node is stopping");
        }
        if (status.leader().isEmpty()) {
            return new Health(true, true, false, "no leader is known");
        }
        if (status.role() == RaftStatus.Role.LEADER && !readyLeader) {
            return new Health(true, true, false, "this node leads, and is not yet ready to");
        }
        if (!status.commitIndexes().containsKey(status.leader().get())) {
            return new Health(true, true, false, "the leader has not told yet what is committed");
        }
        // The leader's commit as this node was told of it: its own never runs ahead of what it has received.
        long committed = Collections.max(status.commitIndexes().values());
        long behind = committed - status.appliedIndex();
        if (behind > READY_LAG_ENTRIES) {
            return new Health(true, true, false, behind + " committed entries are not yet applied here");
        }
        return new Health(true, true, true, "");
    }

    /** Stops in order: takes nothing new, answers what was taken, gives leadership away, closes. Idempotent. */
    public void stop() throws InterruptedException {
        if (!stopping.compareAndSet(false, true)) {
            return;
        }
        LOG.info("node={}: stopping", config.nodeId());
        rpc.serving(false);
        if (!logs.batcher().drain(DRAIN)) {
            LOG.warn("node={}: some appends were not answered by the end", config.nodeId());
        }
        group.transferLeadership(TRANSFER);
        rpc.stop(CALLS);
        closeAll(opened);
        LOG.info("node={}: stopped", config.nodeId());
    }

    @Override
    public void close() {
        stopping.set(true);
        closeAll(opened);
    }

    private static void closeAll(Deque<AutoCloseable> opened) {
        while (!opened.isEmpty()) {
            AutoCloseable part = opened.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("closing {} failed", part.getClass().getSimpleName(), e);
            }
        }
    }
}
