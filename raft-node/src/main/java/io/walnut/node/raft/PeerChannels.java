package io.walnut.node.raft;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import jdk.net.ExtendedSocketOptions;
import org.apache.ratis.thirdparty.io.grpc.InternalConfigurator;
import org.apache.ratis.thirdparty.io.grpc.InternalConfiguratorRegistry;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.internal.ManagedChannelImplBuilder;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.netty.channel.ChannelOption;
import org.apache.ratis.thirdparty.io.netty.channel.epoll.Epoll;
import org.apache.ratis.thirdparty.io.netty.channel.epoll.EpollChannelOption;
import org.apache.ratis.thirdparty.io.netty.channel.socket.nio.NioChannelOption;

/**
 * What the channels to other members have that Ratis does not give them. Ratis makes them where nobody else can reach them, but gRPC
 * asks who is registered about each builder; once for all nodes of a process.
 *
 * <ul>
 *   <li>Checksums ({@link PeerChecksum}).
 *   <li>TCP's keep-alive, within seconds. A connection whose other end is gone without a word, as when its machine lost power or a
 *       device between forgot it, is taken for open as long as nothing is sent on it. One that has not yet heard the first word of
 *       the other end is never given anything to send: gRPC waits for that word without a limit, and a member so cut off can never
 *       be asked for its vote again.
 * </ul>
 */
final class PeerChannels {
    /** Of silence, before the other end is asked whether it is there. */
    private static final int IDLE_SECONDS = 2;

    private static final int ASK_EVERY_SECONDS = 1;
    private static final int QUESTIONS = 3;

    private record Handles(VarHandle transport, VarHandle netty) {
        private static final Handles INSTANCE = find();

        private static Handles find() {
            try {
                Class<?> transport =
                        Class.forName(NettyChannelBuilder.class.getName() + "$NettyChannelTransportFactoryBuilder");
                return new Handles(
                        MethodHandles.privateLookupIn(ManagedChannelImplBuilder.class, MethodHandles.lookup())
                                .findVarHandle(
                                        ManagedChannelImplBuilder.class,
                                        "clientTransportFactoryBuilder",
                                        ManagedChannelImplBuilder.ClientTransportFactoryBuilder.class),
                        MethodHandles.privateLookupIn(transport, MethodHandles.lookup())
                                .findVarHandle(transport, "this$0", NettyChannelBuilder.class));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(
                        "In this version of Ratis's gRPC the way from a channel's builder to its socket options is another;"
                                + " Walnut is built for Ratis 3.3.0",
                        e);
            }
        }
    }

    static {
        PeerChecksum.register();
        InternalConfiguratorRegistry.setConfigurators(List.of(new Configurator()));
    }

    private PeerChannels() {}

    /** For those that are made from now on. Throws IllegalStateException when this is not the Ratis that it is made for. */
    static void configure() {
        if (Handles.INSTANCE.netty.varType() != NettyChannelBuilder.class) {
            throw new IllegalStateException("not the builder of a channel: " + Handles.INSTANCE.netty.varType());
        }
    }

    private static final class Configurator implements InternalConfigurator {
        @Override
        public void configureChannelBuilder(ManagedChannelBuilder<?> builder) {
            PeerChecksum.send(builder);
            // Not yet wholly made, but it has its options.
            keepAlive((NettyChannelBuilder) Handles.INSTANCE.netty.get(Handles.INSTANCE.transport.get(builder)));
        }
    }

    private static void keepAlive(NettyChannelBuilder builder) {
        builder.withOption(ChannelOption.SO_KEEPALIVE, true);
        if (Epoll.isAvailable()) { // what gRPC takes then, and Ratis with it
            builder.withOption(EpollChannelOption.TCP_KEEPIDLE, IDLE_SECONDS)
                    .withOption(EpollChannelOption.TCP_KEEPINTVL, ASK_EVERY_SECONDS)
                    .withOption(EpollChannelOption.TCP_KEEPCNT, QUESTIONS);
        } else {
            builder.withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), IDLE_SECONDS)
                    .withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), ASK_EVERY_SECONDS)
                    .withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), QUESTIONS);
        }
    }
}
