package io.walnut.wal.store;

import io.walnut.wal.Checkpoint;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a copy of a store that is open, in a directory of the file system: a WAL of its own that has adopted links to the segments,
 * and an image of the index.
 *
 * <pre>
 *  TARGET.making/links/    the segments, until the copy has adopted them
 *  TARGET.making/store/    the copy, until it is durable; then it becomes TARGET
 * </pre>
 */
final class StoreCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(StoreCheckpoint.class);

    private StoreCheckpoint() {}

    /**
     * @param image the WAL holds what it needs, and keeps it meanwhile
     * @param target is there when all of it is durable, and only then
     */
    static void make(Wal wal, Applier.Image image, Path target) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path making = absolute.resolveSibling(absolute.getFileName() + ".making");
        if (Files.exists(absolute)) {
            throw new FileAlreadyExistsException(target.toString());
        }
        Files.createDirectory(making);
        try {
            Path links = Files.createDirectory(making.resolve("links"));
            Path store = Files.createDirectory(making.resolve("store"));
            fill(store, wal.checkpoint(links), image);
            Files.move(store, absolute, StandardCopyOption.ATOMIC_MOVE);
            try (Storage beside = FileChannelStorage.existing(absolute)) {
                beside.syncOutside(absolute.resolveSibling("."));
            }
        } finally {
            deleteTree(making);
        }
    }

    private static void fill(Path directory, Checkpoint checkpoint, Applier.Image image) throws IOException {
        Storage storage = FileChannelStorage.at(directory);
        // Not with the options of the store: its observer is to hear of nothing that is done here, and nothing is
        // written.
        WalOptions options = WalOptions.defaults().withSizes(1 << 20, 1 << 16, 1 << 20);
        try (Wal copy = Wal.open(storage, options)) {
            if (checkpoint.segments().isEmpty()) {
                copy.reset(checkpoint.endLsn());
            } else {
                List<Path> segments = checkpoint.segments().stream()
                        .map(Checkpoint.CheckpointSegment::path)
                        .toList();
                copy.adopt(segments, checkpoint.endLsn());
                copy.trimBefore(checkpoint.startLsn());
            }
            new ImageFiles(storage).write(image.nextLsn(), image.bytes());
        }
    }

    private static void deleteTree(Path root) {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("{} is of no use any more and cannot be deleted", root, e);
        }
    }
}
