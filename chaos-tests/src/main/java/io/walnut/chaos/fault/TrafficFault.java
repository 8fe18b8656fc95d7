package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Strangers at a node's client port: connections by the thousand that are held open and hardly used, or bytes that are no request.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class TrafficFault implements Fault {
    private static final int FLOOD = 2_000;
    private static final int CONNECT_MS = 1_000;
    private static final int LARGEST_GARBAGE = 64 * 1024;
    private static final long GARBAGE_EVERY_MS = 5;
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final FaultClass faultClass;
    private final List<Socket> held = new ArrayList<>();
    private @Nullable Thread sender;

    private TrafficFault(FaultClass faultClass) {
        this.faultClass = faultClass;
    }

    static List<Fault> all() {
        return List.of(new TrafficFault(FaultClass.CONNECTIONS), new TrafficFault(FaultClass.MALFORMED));
    }

    @Override
    public String name() {
        return faultClass == FaultClass.CONNECTIONS ? "flood" : "garbage";
    }

    @Override
    public FaultClass faultClass() {
        return faultClass;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return true;
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) {
        Node node = Victims.ONE.of(cluster, random).getFirst();
        InetSocketAddress address = address(node);
        if (faultClass == FaultClass.MALFORMED) {
            long seed = random.nextLong();
            sender = Thread.ofPlatform().daemon().name("garbage").start(() -> send(address, new Random(seed)));
            return List.of(node.id());
        }
        for (int i = 0; i < FLOOD; i++) {
            try {
                Socket socket = connect(address);
                held.add(socket);
                if (i % 2 == 0) {
                    socket.getOutputStream().write(PREFACE, 0, 1 + random.nextInt(PREFACE.length)); // and then nothing
                }
            } catch (IOException e) {
                break; // it takes no more, which is its right
            }
        }
        return held.isEmpty() ? List.of() : List.of(node.id(), held.size() + " connections");
    }

    static InetSocketAddress address(Node node) {
        int colon = node.endpoint().lastIndexOf(':');
        return new InetSocketAddress(
                node.endpoint().substring(0, colon),
                Integer.parseInt(node.endpoint().substring(colon + 1)));
    }

    static Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(address, CONNECT_MS);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** One connection after another: bytes, or the beginning of HTTP/2 and then frames of nonsense. */
    private static void send(InetSocketAddress address, Random random) {
        while (!Thread.currentThread().isInterrupted()) {
            byte[] garbage = new byte[1 + random.nextInt(LARGEST_GARBAGE)];
            random.nextBytes(garbage);
            try (Socket socket = connect(address)) {
                OutputStream out = socket.getOutputStream();
                if (random.nextBoolean()) {
                    out.write(PREFACE);
                    garbage[0] = 0; // a length that is no more than the frame may have
                    garbage[Math.min(garbage.length - 1, 3)] = (byte) random.nextInt(10); // a type that there is
                }
                out.write(garbage);
            } catch (IOException e) {
                // It need not listen to this.
            }
            try {
                Thread.sleep(GARBAGE_EVERY_MS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public void heal(Cluster cluster) throws IOException, InterruptedException {
        for (Socket socket : held) {
            socket.close();
        }
        held.clear();
        Thread sending = sender;
        if (sending != null) {
            sender = null;
            sending.interrupt();
            sending.join();
        }
    }
}
