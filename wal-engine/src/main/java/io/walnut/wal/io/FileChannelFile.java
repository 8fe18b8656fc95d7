package io.walnut.wal.io;

import io.walnut.wal.format.Blocks;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file read and written through a {@link FileChannel} that survives interrupts.
 *
 * <p>A channel closes itself when a thread is interrupted inside one of its calls, for all its users. A log must not fail
 * because one caller was cancelled: so the channel is opened again and the call repeated, and the interrupt flag is set
 * again at the end. Two calls are not repeated here, because the first may have met an error that the second would not see: a
 * sync goes by a channel that no interrupt closes, and who writes durably does it again ({@link StorageInterruptedException}).
 */
final class FileChannelFile implements StorageFile {
    private final Path path;
    private final boolean writable;
    private volatile FileChannel channel;
    private volatile boolean closed;
    private final DurableChannels synced;
    private final @Nullable DurableChannels pastCache; // null: it is not wanted
    private volatile boolean refused; // the file system has no such way
    /** From the first write on: of a failure before that, which somebody was told of, it would not be told. */
    private volatile @Nullable AsynchronousFileChannel syncs;

    FileChannelFile(Path path, FileChannel channel, boolean writable, boolean pastPageCache) {
        this.path = path;
        this.channel = channel;
        this.writable = writable;
        this.synced = new DurableChannels(path);
        this.pastCache = pastPageCache
                ? DirectOption.INSTANCE
                        .map(direct -> new DurableChannels(path, direct))
                        .orElse(null)
                : null;
    }

    static FileChannelFile open(Path path, boolean writable, boolean pastPageCache) throws IOException {
        return new FileChannelFile(path, openChannel(path, writable), writable, pastPageCache);
    }

    private static FileChannel openChannel(Path path, boolean writable) throws IOException {
        try {
            return writable
                    ? FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                    : FileChannel.open(path, StandardOpenOption.READ);
        } catch (FileSystemException e) {
            throw IoErrors.typed(e, path);
        }
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int start = target.position();
        uninterrupted(current -> {
            target.position(start);
            while (target.hasRemaining()) {
                int read = current.read(target, position + target.position() - start);
                if (read < 0) {
                    return;
                }
            }
        });
        return target.position() - start;
    }

    @Override
    public int readPastCache(ByteBuffer target, long position) throws IOException {
        if (!Blocks.areWhole(target, position) || DirectOption.INSTANCE.isEmpty()) {
            return read(target, position);
        }
        int start = target.position();
        try (FileChannel direct = FileChannel.open(path, StandardOpenOption.READ, DirectOption.INSTANCE.get())) {
            while (target.hasRemaining() && (target.position() - start) % Blocks.BYTES == 0) {
                if (direct.read(target, position + target.position() - start) < 0) {
                    break;
                }
            }
            return target.position() - start;
        } catch (UnsupportedOperationException | FileSystemException | ClosedByInterruptException e) {
            // Not on this file system, or the file has gone and only its channel is left.
            target.position(start);
            return read(target, position);
        }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        int start = source.position();
        try {
            AsynchronousFileChannel _ = syncs();
            uninterrupted(current -> {
                source.position(start);
                while (source.hasRemaining()) {
                    current.write(source, position + source.position() - start);
                }
            });
        } catch (IOException e) {
            throw IoErrors.typed(e, path);
        }
    }

    @Override
    public void writeDurably(ByteBuffer source, long position) throws IOException {
        checkOpen();
        DurableChannels past = pastCache;
        FileChannel channel = past == null || refused || !Blocks.areWhole(source, position) ? null : takeOf(past);
        if (past != null && channel != null) {
            writeDurably(past, channel, source, position);
        } else {
            writeDurably(synced, synced.take(), source, position);
        }
    }

    /** Null when there is none to be had. */
    private @Nullable FileChannel takeOf(DurableChannels past) throws IOException {
        try {
            return past.take();
        } catch (UnsupportedOperationException | FileSystemException e) {
            refused = !past.hasOpened();
            return null;
        }
    }

    private void writeDurably(DurableChannels from, FileChannel channel, ByteBuffer source, long position)
            throws IOException {
        int start = source.position();
        try {
            while (source.hasRemaining()) {
                channel.write(source, position + source.position() - start);
            }
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw new StorageInterruptedException("interrupted while writing " + path, e);
        } catch (IOException e) {
            throw IoErrors.typed(e, path);
        } finally {
            from.giveBack(channel);
        }
    }

    @Override
    public void endDurableWrites() {
        synced.close();
        DurableChannels past = pastCache;
        if (past != null) {
            past.close();
        }
        synchronized (this) {
            AsynchronousFileChannel channel = syncs;
            if (channel != null) {
                syncs = null;
                DurableChannels.close(channel);
            }
        }
    }

    @Override
    public void sync() throws IOException {
        syncs().force(false);
    }

    private AsynchronousFileChannel syncs() throws IOException {
        AsynchronousFileChannel there = syncs;
        return there != null ? there : openSyncs();
    }

    private synchronized AsynchronousFileChannel openSyncs() throws IOException {
        checkOpen();
        AsynchronousFileChannel there = syncs;
        if (there == null) {
            there = AsynchronousFileChannel.open(path, StandardOpenOption.READ);
            syncs = there;
        }
        return there;
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException(path + " is closed");
        }
    }

    @Override
    public void setLength(long bytes) throws IOException {
        try {
            uninterrupted(current -> {
                long length = current.size();
                if (length > bytes) {
                    current.truncate(bytes);
                } else if (length < bytes) {
                    current.write(ByteBuffer.allocate(1), bytes - 1);
                }
            });
        } catch (IOException e) {
            throw IoErrors.typed(e, path);
        }
    }

    @Override
    public long length() throws IOException {
        long[] length = new long[1];
        uninterrupted(current -> length[0] = current.size());
        return length[0];
    }

    @Override
    public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
        MemorySegment[] mapped = new MemorySegment[1];
        uninterrupted(current -> mapped[0] = current.map(MapMode.READ_ONLY, position, bytes, arena));
        return mapped[0];
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        endDurableWrites();
        channel.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }

    private interface Call {
        void on(FileChannel channel) throws IOException;
    }

    private void uninterrupted(Call call) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                FileChannel current = channel;
                try {
                    call.on(current);
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                    reopen(current);
                } catch (ClosedChannelException e) {
                    reopen(current);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // the very channel that broke, not an equal one
    private synchronized void reopen(FileChannel broken) throws IOException {
        checkOpen();
        if (channel == broken) {
            channel = openChannel(path, writable);
        }
    }
}
