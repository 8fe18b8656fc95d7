package io.walnut.client;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollChannelOption;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioChannelOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import jdk.net.ExtendedSocketOptions;

/** One connection per node, opened when first used. Thread-safe. */
final class Transport implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 3_000;
    private static final int KEEP_ALIVE_SECONDS = 10;
    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 4;
    private static final int TCP_IDLE_SECONDS = 5;
    private static final int TCP_ASK_EVERY_SECONDS = 1;
    private static final int TCP_QUESTIONS = 3;
    private static final int MAX_MESSAGE_BYTES = 128 << 20;
    private static final int WINDOW_BYTES = 4 << 20;

    private final Function<String, ManagedChannel> open;
    private final ConcurrentMap<String, ManagedChannel> channels = new ConcurrentHashMap<>();
    private final Set<String> failed = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Transport(Function<String, ManagedChannel> open) {
        this.open = open;
    }

    /** Plain TCP. Retries are ours, not gRPC's: only we know what is safe. */
    static ManagedChannel tcp(String endpoint) {
        // The target is a URI: the brackets of an IPv6 address are not allowed in its path as they are.
        return tcpKeepAlive(NettyChannelBuilder.forTarget(
                        "dns:///" + endpoint.replace("[", "%5B").replace("]", "%5D")))
                .usePlaintext()
                .disableRetry()
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .flowControlWindow(WINDOW_BYTES)
                .build();
    }

    /**
     * gRPC asks whether the other end is there only once that one has spoken, and waits for that without a limit: a node whose
     * machine loses power in between would never be connected to again.
     */
    private static NettyChannelBuilder tcpKeepAlive(NettyChannelBuilder builder) {
        builder.withOption(ChannelOption.SO_KEEPALIVE, true);
        return Epoll.isAvailable() // what gRPC takes then
                ? builder.withOption(EpollChannelOption.TCP_KEEPIDLE, TCP_IDLE_SECONDS)
                        .withOption(EpollChannelOption.TCP_KEEPINTVL, TCP_ASK_EVERY_SECONDS)
                        .withOption(EpollChannelOption.TCP_KEEPCNT, TCP_QUESTIONS)
                : builder.withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), TCP_IDLE_SECONDS)
                        .withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), TCP_ASK_EVERY_SECONDS)
                        .withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), TCP_QUESTIONS);
    }

    /**
     * Throws Unavailable when the endpoint is not one that can be connected to: a node has named it, another may be right.
     * Throws IllegalStateException after {@link #refuse}.
     */
    Channel channel(String endpoint) {
        checkOpen();
        ManagedChannel channel;
        try {
            channel = channels.computeIfAbsent(endpoint, open);
        } catch (IllegalArgumentException e) {
            throw Errors.unavailable("'" + endpoint + "' is not an address to connect to: " + e.getMessage(), e);
        }
        if (closed) {
            // Closed just now, and perhaps without having seen this channel.
            channel.shutdownNow();
            checkOpen();
        }
        if (failed.remove(endpoint)) {
            // gRPC waits up to two minutes before it tries a dead node again; our own back-off is what counts.
            channel.resetConnectBackoff();
        }
        return channel;
    }

    /** From now on no call begins; those under way go on. */
    void refuse() {
        closed = true;
    }

    /** Throws IllegalStateException after {@link #refuse}. */
    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("this client is closed");
        }
    }

    /** The last call to this node did not get through. */
    void failed(String endpoint) {
        failed.add(endpoint);
    }

    @Override
    public void close() {
        refuse();
        channels.values().forEach(ManagedChannel::shutdownNow);
        for (ManagedChannel channel : channels.values()) {
            try {
                channel.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
