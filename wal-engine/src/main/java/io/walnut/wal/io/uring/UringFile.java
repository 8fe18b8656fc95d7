package io.walnut.wal.io.uring;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file whose queued writes of whole blocks go past the page cache through a ring; everything else goes through the file below. */
final class UringFile extends ForwardingStorage.ForwardingFile {
    private final Path path;
    private final SystemCalls calls;
    private @Nullable Descriptor descriptor; // opened when it is needed; guarded by this
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

    /** Retained, when such a write can go past the page cache: else null. */
    @Nullable
    Descriptor direct(ByteBuffer source, long position) {
        return source.hasRemaining() && Blocks.areWhole(source, position) ? retained() : null;
    }

    private synchronized @Nullable Descriptor retained() {
        if (descriptor == null && !refused) {
            int number = calls.openDirect(path);
            if (number < 0) {
                refused = true; // the file below knows another way, or says why there is none
            } else {
                descriptor = new Descriptor(calls, number);
            }
        }
        if (descriptor != null) {
            descriptor.retain();
        }
        return descriptor;
    }

    /** What is being written is written to its end; then the descriptor is closed too. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            refused = true;
            if (descriptor != null) {
                descriptor.release();
                descriptor = null;
            }
        }
        super.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
