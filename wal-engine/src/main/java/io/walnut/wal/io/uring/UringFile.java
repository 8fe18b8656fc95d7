package io.walnut.wal.io.uring;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A file whose queued writes of whole blocks go past the page cache through a ring; everything else goes through the file below. */
final class UringFile extends ForwardingStorage.ForwardingFile {
    private final Path path;
    private final SystemCalls calls;
    private final ArrayDeque<Descriptor> idle = new ArrayDeque<>(); // guarded by this
    private int lent; // guarded by this
    private boolean kept = true; // guarded by this
    private boolean refused; // or closed; guarded by this

    UringFile(StorageFile file, Path path, SystemCalls calls) {
        super(file);
        this.path = path;
        this.calls = calls;
    }

    /**
     * Not by a ring: who waits for one write alone is served quicker by the call that writes and syncs in its own thread. On a ring
     * the kernel syncs in a worker of its own, which on a busy processor runs a tick later (ADR 13).
     */
    @Override
    public void writeDurably(ByteBuffer source, long position) throws IOException {
        file().writeDurably(source, position);
    }

    /** Whether such a write can go past the page cache. */
    boolean takes(ByteBuffer source, long position) {
        return source.hasRemaining() && Blocks.areWhole(source, position);
    }

    /** To be given back; null when no more can be opened. */
    synchronized @Nullable Descriptor take() {
        Descriptor descriptor = idle.poll();
        if (descriptor == null && !refused) {
            int number = calls.openDirect(path);
            if (number >= 0) {
                descriptor = new Descriptor(this, number);
            } else {
                // With none lent: the file below knows another way, or says why there is none.
                refused = lent == 0;
            }
        }
        if (descriptor != null) {
            lent++;
        }
        return descriptor;
    }

    /** Whether one will come back. */
    synchronized boolean lends() {
        return lent > 0;
    }

    synchronized void giveBack(Descriptor descriptor) {
        lent--;
        if (kept) {
            idle.push(descriptor);
        } else {
            close(descriptor);
        }
    }

    @Override
    public synchronized void endDurableWrites() {
        kept = false;
        for (Descriptor descriptor = idle.poll(); descriptor != null; descriptor = idle.poll()) {
            close(descriptor);
        }
        super.endDurableWrites();
    }

    private void close(Descriptor descriptor) {
        int _ = calls.close(descriptor.number()); // each write of it was synced: it has nothing to say any more
    }

    /** What is being written is written to its end; then its descriptor is closed, too. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            refused = true;
            endDurableWrites();
        }
        super.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
