package io.walnut.node.rpc;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.protocol.v1.LogServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The client port of a node: log and cluster service, health, reflection. Thread-safe. */
public final class RpcServer implements AutoCloseable {
    /**
     * More than any client of ours sends, whatever this cluster's limits: what is too large for them is refused by a typed
     * answer that names the limit, and not by the transport, which ends the whole stream and leaves what is in flight in doubt.
     */
    private static final int MAX_MESSAGE_BYTES = 17 << 20;

    private static final int FLOW_WINDOW_BYTES = 4 * 1024 * 1024;

    private final Server server;
    private final LogService logService;
    private final HealthStatusManager health = new HealthStatusManager();
    private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();

    private RpcServer(NodeConfig config, NodeLogs logs, NodeMetrics metrics) {
        Errors errors = new Errors(id -> config.peers().stream()
                .filter(peer -> peer.id().equals(id))
                .map(peer -> peer.client().toString())
                .findFirst());
        this.logService = new LogService(logs, config, errors, metrics);
        this.server = NettyServerBuilder.forAddress(
                        new InetSocketAddress(config.bindHost(), config.ports().client()))
                .executor(handlers)
                .addService(logService)
                .addService(new ClusterService(logs))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .flowControlWindow(FLOW_WINDOW_BYTES)
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .build();
        serving(false);
    }

    /**
     * Listens.
     *
     * @throws IOException when the port cannot be bound; the message names it
     */
    public static RpcServer start(NodeConfig config, NodeLogs logs, NodeMetrics metrics) throws IOException {
        RpcServer rpc = new RpcServer(config, logs, metrics);
        try {
            rpc.server.start();
        } catch (IOException e) {
            rpc.close();
            throw e;
        }
        return rpc;
    }

    /** Port that is listened on. */
    public int port() {
        return server.getPort();
    }

    /** What the health service answers. */
    public void serving(boolean serving) {
        ServingStatus status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
        health.setStatus(LogServiceGrpc.SERVICE_NAME, status);
    }

    /** Takes no new calls, ends the tails, and waits that long for the rest. */
    public void stop(Duration grace) throws InterruptedException {
        health.enterTerminalState();
        server.shutdown();
        logService.close();
        if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
            server.shutdownNow();
        }
    }

    @Override
    public void close() {
        logService.close();
        server.shutdownNow();
        handlers.shutdown();
    }
}
