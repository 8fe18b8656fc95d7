package io.walnut.node.local;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for nodes that start, stop and start again. The kernel's own choice ({@code bind} to port 0) is of the range that it also
 * gives to outgoing connections, of which one may hold the port while its node is down; these are below that range (32768 of
 * Linux, 49152 elsewhere). Thread-safe.
 */
public final class FreePorts {
    private static final int FIRST = 10_000;
    private static final int COUNT = 16_000;
    // No port comes twice in one process; two processes begin at different ones.
    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

    private FreePorts() {}

    /**
     * Ports of loopback on which nothing listens now.
     *
     * @param count 1 to 1000
     * @throws IOException when there are not as many
     */
    public static List<Integer> onLoopback(int count) throws IOException {
        var ports = new ArrayList<Integer>();
        for (int tried = 0; ports.size() < count; tried++) {
            if (tried == COUNT) {
                throw new BindException("only " + ports.size() + " of " + count + " ports of " + FIRST + " to "
                        + (FIRST + COUNT - 1) + " are free; stop processes that listen on them");
            }
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            if (isFree(port)) {
                ports.add(port);
            }
        }
        return List.copyOf(ports);
    }

    private static boolean isFree(int port) {
        try {
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
