package io.walnut.node.local;

import io.walnut.wal.io.LockFile;
import io.walnut.wal.io.StorageLockedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Keeps two calls of {@code walnut up} from making or starting the same cluster at once. Owned by the caller. */
final class UpLock implements AutoCloseable {
    static final String FILE = "up.lock";

    private final Path directory;
    private final LockFile lock;

    private UpLock(Path directory, LockFile lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /** Makes the directory where it is missing. */
    static UpLock take(Path directory) throws IOException {
        Path absolute = LocalCluster.requireDirectory(directory);
        Files.createDirectories(absolute);
        try {
            return new UpLock(absolute, LockFile.take(absolute, FILE));
        } catch (StorageLockedException e) {
            throw new IOException(
                    "another 'walnut up' is at work in " + absolute
                            + "; wait until it has ended, and start this one again if you still need it",
                    e);
        }
    }

    /** Where nothing was made, nothing is left. */
    @Override
    public void close() throws IOException {
        boolean alone;
        try (Stream<Path> children = Files.list(directory)) {
            alone = children.allMatch(child -> child.endsWith(FILE));
        }
        if (alone) {
            Files.delete(directory.resolve(FILE));
            Files.delete(directory);
        }
        lock.close();
    }
}
