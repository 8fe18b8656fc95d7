package io.walnut.wal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A file that one opener at a time holds, among all processes and within this one.
 *
 * <p>POSIX takes a process's lock away when the process closes any descriptor of the file: a second opener in this process that
 * opened it, was refused and closed it again would set the first one's lock free. So the second is refused before it opens it.
 */
public final class LockFile implements Closeable {
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel channel;
    private boolean closed;

    private LockFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes the file, and makes it where it is missing.
     *
     * @throws StorageLockedException when somebody has it
     */
    public static LockFile take(Path directory, String name) throws IOException {
        return take(
                directory.toRealPath().resolve(name),
                false,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    /**
     * Holds the file against whoever would {@link #take} it, without writing to it; makes nothing.
     *
     * @return empty when there is no such file, so that nobody has taken it
     * @throws StorageLockedException when somebody has it
     */
    public static Optional<LockFile> holdExisting(Path directory, String name) throws IOException {
        Path path = directory.toRealPath().resolve(name);
        return Files.exists(path) ? Optional.of(take(path, true, StandardOpenOption.READ)) : Optional.empty();
    }

    private static LockFile take(Path path, boolean shared, OpenOption... options) throws IOException {
        Path directory = path.getParent();
        if (!HELD.add(path)) {
            throw new StorageLockedException(directory + " is already open in this process", true);
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(path, options);
            if (channel.tryLock(0, Long.MAX_VALUE, shared) == null) {
                throw new StorageLockedException(directory + " is open in another process", false);
            }
            taken = true;
            return new LockFile(path, channel);
        } catch (OverlappingFileLockException e) {
            var locked = new StorageLockedException(directory + " is already open in this process", true);
            locked.initCause(e);
            throw locked;
        } finally {
            if (!taken) {
                giveUp(path, channel);
            }
        }
    }

    private static void giveUp(Path path, @Nullable FileChannel channel) throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            HELD.remove(path);
        }
    }

    /** The open file, in which the holder may say who it is. */
    public FileChannel channel() {
        return channel;
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) { // a later close must not set free what somebody else has taken since
            closed = true;
            giveUp(path, channel);
        }
    }
}
