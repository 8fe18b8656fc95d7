package io.walnut.wal.io.uring;

import io.walnut.wal.io.DurableWriteException;
import io.walnut.wal.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rings of one entry for threads that write and wait: each borrows one, submits and waits in one call, and no other thread is woken
 * in between. Made when there are more who write at once than before, up to a bound. Safe for use by several threads.
 */
final class Rings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Rings.class);
    private static final int MOST = 16;

    private final SystemCalls calls;
    private final Storage files;
    private final ArrayDeque<UringWrites> idle = new ArrayDeque<>(); // guarded by this
    private int made; // guarded by this
    private boolean closed; // guarded by this

    /**
     * @param files does what the rings do not
     */
    Rings(SystemCalls calls, Storage files) {
        this.calls = calls;
        this.files = files;
    }

    /** A queue on a ring of its own, which its user closes. */
    UringWrites queue(int depth) throws IOException {
        return new UringWrites(Ring.open(calls, depth), files.durableWrites(depth), depth);
    }

    /**
     * Writes durably through a descriptor that has been retained, and is released here, whatever happens.
     *
     * @return false when no ring is to be had or the kernel takes nothing: nothing was done
     */
    boolean write(Descriptor file, Object name, ByteBuffer source, long position) throws IOException {
        UringWrites ring = borrow();
        if (ring == null) {
            file.release();
            return false;
        }
        try {
            if (!ring.write(file, name, source, position)) {
                return false;
            }
            source.position(source.limit());
            return true;
        } catch (DurableWriteException e) {
            throw e.getCause() instanceof IOException cause ? cause : e;
        } finally {
            giveBack(ring);
        }
    }

    private @Nullable UringWrites borrow() {
        synchronized (this) {
            UringWrites ring = idle.pollLast(); // the one whose memory is warmest
            if (ring != null || closed || made == MOST) {
                return ring;
            }
            made++;
        }
        try {
            return queue(1);
        } catch (IOException e) {
            // As many as there are will do, and without any the write goes another way.
            LOG.warn("no further io_uring for {}: {}", files.describe(), e.getMessage());
            return null;
        }
    }

    private void giveBack(UringWrites ring) throws IOException {
        synchronized (this) {
            if (!closed && ring.inFlight() == 0) {
                idle.addLast(ring);
                return;
            }
            made--;
        }
        ring.close();
    }

    /** What is borrowed is closed when it is given back. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
        }
        for (UringWrites ring = poll(); ring != null; ring = poll()) {
            ring.close();
        }
    }

    private synchronized @Nullable UringWrites poll() {
        return idle.poll();
    }
}
