package io.walnut.wal.io;

import io.walnut.wal.format.Blocks;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A directory of the file system through {@link FileChannel}: works everywhere that the JDK does. */
public final class FileChannelStorage implements Storage {
    private static final Logger LOG = LoggerFactory.getLogger(FileChannelStorage.class);
    private static final String LOCK_FILE = "LOCK";

    private final Path directory;
    private final boolean looks;
    private final boolean pastPageCache;
    private final String reason;

    /**
     * Makes the directory and its missing parents, and makes their entries durable.
     *
     * @throws IOException when the path is not a directory that can be made and read
     */
    public static FileChannelStorage at(Path directory) throws IOException {
        return at(directory, false);
    }

    /**
     * The same.
     *
     * @param pastPageCache whether durable writes of whole blocks go past the page cache, where the file system can: they are
     *     quicker, and what was written is read from the disk at first
     */
    public static FileChannelStorage at(Path directory, boolean pastPageCache) throws IOException {
        return at(directory, pastPageCache, "this storage has no other");
    }

    /**
     * The same.
     *
     * @param reason why this storage was chosen, for {@link #backend()}
     */
    public static FileChannelStorage at(Path directory, boolean pastPageCache, String reason) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        makeDurably(absolute);
        return new FileChannelStorage(absolute, false, pastPageCache && takesBlocks(absolute), reason);
    }

    /** Past the page cache the JDK writes in units of what the file system names, which on a network can be a megabyte. */
    private static boolean takesBlocks(Path directory) {
        try {
            return Files.getFileStore(directory).getBlockSize() <= Blocks.BYTES;
        } catch (IOException | UnsupportedOperationException e) { // as where /proc is hidden
            LOG.debug("no block size of {}, which is written through the page cache", directory, e);
            return false;
        }
    }

    /** Looks at an existing directory and makes nothing, not even the file of its {@link #lock}: a copy may have none. */
    public static FileChannelStorage existing(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IOException(directory + " is not a directory");
        }
        return new FileChannelStorage(directory.toAbsolutePath().normalize(), true, false, "for looking");
    }

    private FileChannelStorage(Path directory, boolean looks, boolean pastPageCache, String reason) {
        this.directory = directory;
        this.looks = looks;
        this.pastPageCache = pastPageCache;
        this.reason = reason;
    }

    private static void makeDurably(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            makeDurably(parent);
        }
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw new IOException(directory + " exists and is not a directory", e);
            }
        }
        if (parent != null) {
            sync(parent);
        }
    }

    @Override
    public StorageFile create(String name) throws IOException {
        Path path = path(name);
        try {
            return new FileChannelFile(
                    path,
                    FileChannel.open(
                            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    true,
                    pastPageCache);
        } catch (FileSystemException e) {
            throw IoErrors.typed(e, path);
        }
    }

    @Override
    public StorageFile open(String name, boolean writable) throws IOException {
        return FileChannelFile.open(path(name), writable, pastPageCache);
    }

    @Override
    public List<String> list() throws IOException {
        var names = new ArrayList<String>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    names.add(String.valueOf(file.getFileName()));
                }
            }
        }
        return names;
    }

    @Override
    public boolean exists(String name) {
        return Files.exists(path(name));
    }

    @Override
    public boolean isShared(String name) throws IOException {
        try {
            return !Integer.valueOf(1).equals(Files.getAttribute(path(name), "unix:nlink"));
        } catch (UnsupportedOperationException e) {
            return true; // nobody can tell
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(path(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        try {
            Files.move(path(from), path(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileSystemException e) {
            throw IoErrors.typed(e, path(to));
        }
    }

    @Override
    public void linkOut(String name, Path target) throws IOException {
        linkOrCopy(path(name), target);
    }

    @Override
    public void linkIn(Path source, String name) throws IOException {
        linkOrCopy(source, path(name));
    }

    private static void linkOrCopy(Path source, Path target) throws IOException {
        try {
            Files.createLink(target, source.toRealPath()); // not to a link that may be there
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            copy(source, target);
        }
    }

    private static void copy(Path source, Path target) throws IOException {
        try {
            Files.copy(source, target);
            try (FileChannel copied = FileChannel.open(target, StandardOpenOption.WRITE)) {
                copied.force(true);
            }
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException e) {
            Files.deleteIfExists(target);
            throw IoErrors.typed(e, target);
        }
    }

    @Override
    public void deleteOutside(Path target) throws IOException {
        Files.delete(target);
    }

    @Override
    public void syncDirectory() throws IOException {
        sync(directory);
    }

    @Override
    public void syncOutside(Path outside) throws IOException {
        sync(outside);
    }

    /** By a channel that an interrupt does not close: half way a change of the directory would be of unknown outcome. */
    private static void sync(Path directory) throws IOException {
        try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public Closeable lock() throws IOException {
        if (!looks) {
            return LockFile.take(directory, LOCK_FILE);
        }
        Optional<LockFile> held = LockFile.holdExisting(directory, LOCK_FILE);
        return held.isPresent() ? held.get() : () -> {};
    }

    @Override
    public BackendInUse backend() {
        return new BackendInUse(Backend.PORTABLE, reason);
    }

    @Override
    public String describe() {
        return directory.toString();
    }

    @Override
    public void close() {}

    private Path path(String name) {
        return directory.resolve(name);
    }
}
