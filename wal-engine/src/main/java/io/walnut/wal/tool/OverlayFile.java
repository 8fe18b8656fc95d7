package io.walnut.wal.tool;

import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A file as it would be after writes that are kept in memory. */
final class OverlayFile implements StorageFile {
    private final @Nullable StorageFile base;
    private final TreeMap<Long, byte[]> patches = new TreeMap<>();

    /** Bytes of the base that still show; what lies between it and the length, and has no patch, is zero. */
    private long shown;

    private long length;

    OverlayFile(@Nullable StorageFile base) throws IOException {
        this.base = base;
        this.shown = base == null ? 0 : base.length();
        this.length = shown;
    }

    @Override
    public synchronized int read(ByteBuffer target, long position) throws IOException {
        if (position >= length) {
            return 0;
        }
        int count = (int) Math.min(target.remaining(), length - position);
        byte[] bytes = new byte[count];
        if (base != null && position < shown) {
            base.read(ByteBuffer.wrap(bytes, 0, (int) Math.min(count, shown - position)), position);
        }
        for (Map.Entry<Long, byte[]> patch : patches.entrySet()) {
            long from = Math.max(position, patch.getKey());
            long to = Math.min(position + count, patch.getKey() + patch.getValue().length);
            if (from < to) {
                System.arraycopy(patch.getValue(), (int) (from - patch.getKey()), bytes, (int) (from - position), (int)
                        (to - from));
            }
        }
        target.put(bytes);
        return count;
    }

    @Override
    public synchronized void write(ByteBuffer source, long position) {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        // Zeros after all that is there, as in a segment that is prepared, need no memory.
        if (position < length || !isZero(bytes)) {
            // A later patch at the same place wins only by replacing it: recovery writes no two that overlap otherwise.
            patches.put(position, bytes);
        }
        length = Math.max(length, position + bytes.length);
    }

    private static boolean isZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void sync() {}

    @Override
    public synchronized void setLength(long bytes) {
        shown = Math.min(shown, bytes);
        length = bytes;
        patches.tailMap(bytes, true).clear();
    }

    @Override
    public synchronized long length() {
        return length;
    }

    @Override
    public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
        synchronized (this) {
            if (base != null && patches.isEmpty() && position + bytes <= shown) {
                return base.map(arena, position, bytes);
            }
        }
        MemorySegment copy = arena.allocate(bytes);
        ByteBuffer target = copy.asByteBuffer();
        int got;
        do {
            got = read(target, position + target.position());
        } while (got > 0 && target.hasRemaining());
        return copy.asReadOnly();
    }

    @Override
    public void close() {
        // Stays open for whoever opens it again; the storage closes the base.
    }

    void closeBase() throws IOException {
        if (base != null) {
            base.close();
        }
    }
}
