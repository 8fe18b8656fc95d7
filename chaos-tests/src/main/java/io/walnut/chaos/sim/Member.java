package io.walnut.chaos.sim;

import io.walnut.node.Node;
import io.walnut.node.StartException;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.http.Health;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node in this process: started, stopped, and started again on the same directory and ports. Thread-safe. */
final class Member implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Member.class);

    private final NodeConfig config;
    private final PeerGate peers;

    private volatile @Nullable Node running;
    private volatile @Nullable Throwable failure;

    Member(NodeConfig config, PeerGate peers) {
        this.config = config;
        this.peers = peers;
    }

    NodeConfig config() {
        return config;
    }

    boolean runs() {
        return running != null;
    }

    synchronized void start() throws IOException {
        if (running != null) {
            return;
        }
        failure = null;
        try {
            running = Node.start(config, options -> options.withPeerCalls(List.of(peers)), this::failed);
        } catch (StartException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** A node that has failed for good ends its process; this one has none to end, and closes. */
    private synchronized void failed(Throwable cause) {
        LOG.error("node={} has failed, and ends", config.nodeId(), cause);
        failure = cause;
        closeNode();
    }

    synchronized void stop() throws IOException {
        Node node = running;
        if (node == null) {
            return;
        }
        running = null;
        try {
            node.stop();
        } catch (InterruptedException e) {
            node.close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + config.nodeId() + " stopped", e);
        }
    }

    /** Why it does not serve; empty when it does. */
    Optional<String> notReady() {
        Node node = running;
        Throwable cause = failure;
        if (cause != null) {
            return Optional.of(config.nodeId() + " has failed: " + cause);
        }
        if (node == null) {
            return Optional.of(config.nodeId() + " does not run");
        }
        Health health = node.health();
        return health.ready() ? Optional.empty() : Optional.of(config.nodeId() + ": " + health.reason());
    }

    private void closeNode() {
        Node node = running;
        running = null;
        if (node != null) {
            node.close();
        }
    }

    /** At once, without handing over what it leads. */
    @Override
    public synchronized void close() {
        closeNode();
    }
}
