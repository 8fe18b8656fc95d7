package io.walnut.wal.io;

import io.walnut.wal.format.Blocks;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
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
 * again at the end. Only a sync is not repeated here, because the first may have met an error that the second would not
 * see: its caller writes the bytes again ({@link StorageInterruptedException}).
 */
final class FileChannelFile implements StorageFile {
    private final Path path;
    private final boolean writable;
    private volatile FileChannel channel;
    private volatile boolean closed;
    // Opened when needed, guarded by this.
    private @Nullable FileChannel directChannel;
    private @Nullable FileChannel syncedChannel;
    private boolean buffered;

    FileChannelFile(Path path, FileChannel channel, boolean writable, boolean pastPageCache) {
        this.path = path;
        this.channel = channel;
        this.writable = writable;
        this.buffered = !pastPageCache;
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
        boolean direct = Blocks.areWhole(source, position);
        int start = source.position();
        FileChannel current = durableChannel(direct);
        try {
            while (source.hasRemaining()) {
                current.write(source, position + source.position() - start);
            }
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw new StorageInterruptedException("interrupted while writing " + path, e);
        } catch (ClosedChannelException e) {
            throw StorageInterruptedException.ofAnother("another thread was interrupted while writing " + path, e);
        } catch (IOException e) {
            throw IoErrors.typed(e, path);
        }
    }

    /** Each write of it is synced. */
    private synchronized FileChannel durableChannel(boolean pastPageCache) throws IOException {
        if (closed) {
            throw new IOException(path + " is closed");
        }
        if (pastPageCache && directChannel != null && directChannel.isOpen()) {
            return directChannel;
        }
        if (pastPageCache && !buffered && DirectOption.INSTANCE.isPresent()) {
            try {
                directChannel = FileChannel.open(
                        path, StandardOpenOption.WRITE, StandardOpenOption.DSYNC, DirectOption.INSTANCE.get());
                return directChannel;
            } catch (UnsupportedOperationException | FileSystemException e) {
                buffered = true; // this file system has no other way
            }
        }
        if (syncedChannel == null || !syncedChannel.isOpen()) {
            syncedChannel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.DSYNC);
        }
        return syncedChannel;
    }

    @Override
    public void sync() throws IOException {
        FileChannel current = channel;
        try {
            current.force(false);
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            reopen(current);
            throw new StorageInterruptedException("interrupted while syncing " + path, e);
        } catch (ClosedChannelException e) {
            reopen(current);
            throw StorageInterruptedException.ofAnother("another thread was interrupted while syncing " + path, e);
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
        for (FileChannel open : new FileChannel[] {directChannel, syncedChannel, channel}) {
            if (open != null) {
                open.close();
            }
        }
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
        if (closed) {
            throw new IOException(path + " is closed");
        }
        if (channel == broken) {
            channel = openChannel(path, writable);
        }
    }
}
