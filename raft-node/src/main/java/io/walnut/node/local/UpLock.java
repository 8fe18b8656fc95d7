package io.walnut.node.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Keeps two calls of {@code walnut up} from making or starting the same cluster at once. Owned by the caller. */
final class UpLock implements AutoCloseable {
    static final String FILE = "up.lock";

    private final Path directory;
    private final FileChannel file;

    private UpLock(Path directory, FileChannel file) {
        this.directory = directory;
        this.file = file;
    }

    /** Makes the directory where it is missing. */
    static UpLock take(Path directory) throws IOException {
        Path absolute = LocalCluster.requireDirectory(directory);
        Files.createDirectories(absolute);
        FileChannel file =
                FileChannel.open(absolute.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.tryLock();
        if (lock == null) {
            file.close();
            throw new IOException("another 'walnut up' is at work in " + absolute
                    + "; wait until it has ended, and start this one again if you still need it");
        }
        return new UpLock(absolute, file);
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
        file.close();
    }
}
