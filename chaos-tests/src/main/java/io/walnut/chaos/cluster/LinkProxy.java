package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Network.Trouble;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Passes the connections of one node to another on, late or with altered bytes, each direction by itself. Bytes of one connection stay
 * in their order, as TCP keeps them; those of different connections overtake each other. Thread-safe.
 */
final class LinkProxy implements Closeable {
    private static final int CHUNK_BYTES = 16 << 10;

    /** Of chunks that wait for their time: what a link holds. The sender waits when there are more. */
    private static final int CHUNKS = 256;

    private static final int CONNECT_MS = 2_000;
    private static final long ASK_EVERY_MS = 200;

    /** Bytes, and when they go on. */
    private static final class Chunk {
        private final byte[] bytes;
        private final long due;

        Chunk(byte[] bytes, long due) {
            this.bytes = bytes;
            this.due = due;
        }
    }

    private final InetSocketAddress target;
    private final ServerSocket server;
    private final Random random;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Trouble there;
    private volatile @Nullable Trouble back;

    /**
     * Begins to listen.
     *
     * @param host on which address
     * @param target to which all is passed on
     */
    LinkProxy(String host, InetSocketAddress target, long seed) throws IOException {
        this.target = target;
        this.random = new Random(seed);
        this.server = new ServerSocket(0, 50, InetAddress.getByName(host));
        Thread.ofPlatform().daemon().name("link-proxy").start(this::accept);
    }

    static boolean can(Class<? extends Trouble> trouble) {
        return isTrouble(trouble);
    }

    /** The same of any ability. */
    static boolean isTrouble(Class<?> ability) {
        return ability == Trouble.Delay.class || ability == Trouble.Corrupt.class;
    }

    int port() {
        return server.getLocalPort();
    }

    /**
     * From now on.
     *
     * @param there what the bytes suffer that go to the target, null for nothing
     * @param back what those suffer that come from it
     */
    void set(@Nullable Trouble there, @Nullable Trouble back) {
        this.there = there;
        this.back = back;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                open.add(near);
                Thread.ofVirtual().start(() -> connect(near));
            } catch (IOException e) {
                // Closed, or one that has gone before it was taken.
            }
        }
    }

    private void connect(Socket near) {
        Socket far = new Socket();
        open.add(far);
        try {
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            far.connect(target, CONNECT_MS);
        } catch (IOException e) {
            end(near, far);
            return;
        }
        if (server.isClosed()) {
            end(near, far);
            return;
        }
        pass(near, far, true);
        pass(far, near, false);
    }

    private void pass(Socket from, Socket to, boolean forth) {
        BlockingQueue<Chunk> waiting = new ArrayBlockingQueue<>(CHUNKS);
        Thread.ofVirtual().start(() -> read(from, to, forth, waiting));
        Thread.ofVirtual().start(() -> write(from, to, waiting));
    }

    private void read(Socket from, Socket to, boolean forth, BlockingQueue<Chunk> waiting) {
        byte[] buffer = new byte[CHUNK_BYTES];
        long last = System.nanoTime();
        try {
            for (int read = from.getInputStream().read(buffer);
                    read >= 0;
                    read = from.getInputStream().read(buffer)) {
                byte[] bytes = Arrays.copyOf(buffer, read);
                last = Math.max(last, System.nanoTime() + suffer(forth ? there : back, bytes));
                Chunk chunk = new Chunk(bytes, last);
                while (!waiting.offer(chunk, ASK_EVERY_MS, TimeUnit.MILLISECONDS)) {
                    if (from.isClosed()) {
                        return;
                    }
                }
            }
        } catch (IOException e) {
            // The other side is told by the end of the connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end(from, to);
    }

    /** Nanoseconds until the bytes go on. */
    private long suffer(@Nullable Trouble trouble, byte[] bytes) {
        synchronized (random) {
            if (trouble instanceof Trouble.Corrupt(double share) && random.nextDouble() < share) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            }
            return trouble instanceof Trouble.Delay(Duration mean, Duration jitter)
                    ? mean.toNanos() + (long) (jitter.toNanos() * random.nextDouble())
                    : 0;
        }
    }

    private void write(Socket from, Socket to, BlockingQueue<Chunk> waiting) {
        try {
            while (!to.isClosed()) {
                Chunk chunk = waiting.poll(ASK_EVERY_MS, TimeUnit.MILLISECONDS);
                if (chunk == null) {
                    continue;
                }
                for (long left = chunk.due - System.nanoTime(); left > 0; left = chunk.due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                to.getOutputStream().write(chunk.bytes);
            }
        } catch (IOException e) {
            end(from, to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(Socket... sockets) {
        for (Socket socket : sockets) {
            open.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // It is gone, which is what was wanted.
            }
        }
    }

    /** Ends all connections, as the other side would. */
    @Override
    public void close() throws IOException {
        server.close();
        end(open.toArray(new Socket[0]));
    }
}
