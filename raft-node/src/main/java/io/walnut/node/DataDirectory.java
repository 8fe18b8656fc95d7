package io.walnut.node;

import io.walnut.wal.io.LockFile;
import io.walnut.wal.io.StorageLockedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The node's directory, held by this process alone while it is open. */
final class DataDirectory implements AutoCloseable {
    private static final String LOCK_FILE = "node.lock";
    private static final int MAX_OWNER_BYTES = 64;

    private final Path directory;
    private final LockFile lock;

    private DataDirectory(Path directory, LockFile lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /** Makes the directory where it is missing, and takes it. */
    static DataDirectory open(Path directory) throws StartException {
        Path absolute = directory.toAbsolutePath().normalize();
        try {
            Files.createDirectories(absolute);
        } catch (IOException e) {
            Path file = nearestExisting(absolute);
            if (!Files.isDirectory(file)) {
                throw new StartException(
                        "data directory " + absolute + ": " + file + " is a file; set node.data-dir to a directory", e);
            }
            throw new StartException(
                    "data directory " + absolute + " cannot be created: " + e
                            + "; create it, or set node.data-dir to another",
                    e);
        }
        LockFile lock = null;
        try {
            lock = LockFile.take(absolute, LOCK_FILE);
            FileChannel file = lock.channel();
            file.truncate(0);
            file.write(ByteBuffer.wrap(thisProcess().getBytes(StandardCharsets.UTF_8)), 0);
            return new DataDirectory(absolute, lock);
        } catch (StorageLockedException e) {
            String owner = e.byThisProcess() ? thisProcess() : read(absolute.resolve(LOCK_FILE));
            throw new StartException(
                    "data directory " + absolute + " is in use by another process"
                            + (owner.isEmpty() ? "" : " (" + owner + ")")
                            + "; stop that one, or set node.data-dir to another directory",
                    e);
        } catch (IOException e) {
            close(lock, e);
            throw new StartException(
                    "data directory " + absolute + " cannot be written by user "
                            + System.getProperty("user.name") + ": " + e
                            + "; correct its owner and permissions, or how it is"
                            + " mounted, or set node.data-dir to another",
                    e);
        }
    }

    private static Path nearestExisting(Path path) {
        Path at = path;
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private static String thisProcess() {
        return "pid " + ProcessHandle.current().pid();
    }

    /** What another process wrote there; it keeps its lock when this one opens and closes the file. */
    private static String read(Path lockFile) {
        try (FileChannel file = FileChannel.open(lockFile, StandardOpenOption.READ)) {
            ByteBuffer owner = ByteBuffer.allocate(MAX_OWNER_BYTES);
            file.read(owner, 0);
            return StandardCharsets.UTF_8.decode(owner.flip()).toString();
        } catch (IOException e) {
            return ""; // it is in use all the same
        }
    }

    private static void close(@Nullable LockFile file, IOException failure) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    Path path() {
        return directory;
    }

    /** Where the Raft group keeps its log and snapshots. */
    Path raft() {
        return directory.resolve("raft");
    }

    /** Bytes that are free on the directory's file system, for this user. */
    long freeBytes() {
        return directory.toFile().getUsableSpace();
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
