package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network;
import io.walnut.chaos.cluster.Network.Link;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where clients find a node: passes their bytes on to it, and its bytes back, as the network lets them through. What is lost is sent
 * again, as every connection does it; so clients see loss as delay, a cut as silence, and nothing twice.
 */
final class ClientRelay implements AutoCloseable {
    private static final int PIECE_BYTES = 64 << 10;
    private static final Duration SEND_AGAIN = Duration.ofMillis(50);

    private final String node;
    private final int port;
    private final SimNet net;
    private final ServerSocket clients;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /**
     * Open to clients at once.
     *
     * @param port of the node
     */
    ClientRelay(String node, int port, SimNet net) throws IOException {
        this.node = node;
        this.port = port;
        this.net = net;
        this.clients = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("sim-clients-of-" + node).start(this::accept);
    }

    /** To be told to clients. */
    int port() {
        return clients.getLocalPort();
    }

    private void accept() {
        while (!clients.isClosed()) {
            try {
                Socket client = opened(clients.accept());
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                // Closed, or the client has gone again.
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        try {
            opened(server).connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        } catch (IOException e) {
            close(client, server); // the node does not run
            return;
        }
        Thread.ofVirtual().start(() -> pass(new Link(Network.CLIENTS, node), client, server));
        pass(new Link(node, Network.CLIENTS), server, client);
    }

    private void pass(Link link, Socket from, Socket to) {
        byte[] piece = new byte[PIECE_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                Thread.sleep(untilThrough(link, to));
                out.write(piece, 0, length);
            }
        } catch (IOException | InterruptedException e) {
            // One side has gone; the other is told.
        } finally {
            close(from, to);
        }
    }

    /** Waits until the network lets it through, and tells how long it takes then. */
    private Duration untilThrough(Link link, Socket to) throws IOException, InterruptedException {
        List<Duration> copies = net.next(link);
        while (copies.isEmpty()) {
            if (!open.contains(to)) {
                throw new IOException("closed");
            }
            Thread.sleep(SEND_AGAIN);
            copies = net.next(link);
        }
        return copies.getFirst();
    }

    private Socket opened(Socket socket) {
        open.add(socket);
        return socket;
    }

    private void close(Socket... sockets) {
        for (Socket socket : sockets) {
            open.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // It is of no use any more, closed or not.
            }
        }
    }

    @Override
    public void close() throws IOException {
        clients.close();
        close(open.toArray(Socket[]::new));
    }
}
