package io.walnut.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
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
    private final FileChannel lockFile;
    private final FileLock lock;

    private DataDirectory(Path directory, FileChannel lockFile, FileLock lock) {
        this.directory = directory;
        this.lockFile = lockFile;
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
        FileChannel file = null;
        try {
            file = FileChannel.open(
                    absolute.resolve(LOCK_FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock lock = tryLock(file);
            if (lock == null) {
                String owner = read(file);
                file.close();
                throw new StartException("data directory " + absolute + " is in use by another process"
                        + (owner.isEmpty() ? "" : " (" + owner + ")")
                        + "; stop that one, or set node.data-dir to another directory");
            }
            file.truncate(0);
            file.write(ByteBuffer.wrap(("pid " + ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)), 0);
            return new DataDirectory(absolute, file, lock);
        } catch (IOException e) {
            close(file, e);
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

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // held by another node in this process
        }
    }

    private static String read(FileChannel file) throws IOException {
        ByteBuffer owner = ByteBuffer.allocate(MAX_OWNER_BYTES);
        file.read(owner, 0);
        return StandardCharsets.UTF_8.decode(owner.flip()).toString();
    }

    private static void close(@Nullable FileChannel file, IOException failure) {
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
        lock.release();
        lockFile.close();
    }
}
