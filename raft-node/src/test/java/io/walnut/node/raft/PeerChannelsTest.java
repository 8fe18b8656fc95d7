package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NegotiationType;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class PeerChannelsTest {
    private static final int REMOTE = 2;
    private static final int TIMER = 5;
    private static final int LOOKS = 50;

    /** A peer that takes connections and never says a word, as one that loses power just then. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aConnectionToAPeerThatNeverSpeaksIsAskedForWithinSeconds() throws Exception {
        PeerChannels.configure();
        try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ManagedChannel channel = NettyChannelBuilder.forTarget("127.0.0.1:" + mute.getLocalPort())
                    .negotiationType(NegotiationType.PLAINTEXT)
                    .build();
            try {
                channel.getState(true);
                try (Socket _ = mute.accept()) {
                    assertThat(keepAlive(mute.getLocalPort()))
                            .as("hundredths of a second until it is asked for")
                            .isBetween(0L, 300L);
                }
            } finally {
                channel.shutdownNow();
            }
        }
    }

    /** Of the socket that is connected to this port; another timer runs first, until what was sent is acknowledged. */
    private static long keepAlive(int port) throws Exception {
        String remote = String.format(Locale.ROOT, ":%04X", port);
        for (int i = 0; i < LOOKS; i++) {
            for (String line : Files.readAllLines(Path.of("/proc/net/tcp6"))) {
                String[] fields = line.strip().split("\\s+", -1);
                if (fields[REMOTE].endsWith(remote) && fields[TIMER].startsWith("02:")) {
                    return Long.parseLong(fields[TIMER].substring("02:".length()), 16);
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("no socket to port " + port + " with a keep-alive timer");
    }
}
