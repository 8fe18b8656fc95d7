package io.walnut.wal.io.uring;

import io.walnut.wal.io.Backend;
import io.walnut.wal.io.BackendInUse;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of the file system with a queue of durable writes that go past the page cache through io_uring. Everything else, and
 * what a ring cannot be had for, goes through {@link FileChannelStorage}.
 */
final class UringStorage extends ForwardingStorage {
    private static final Logger LOG = LoggerFactory.getLogger(UringStorage.class);

    private final FileChannelStorage files;
    private final Path directory;
    private final SystemCalls calls;
    private final String reason;

    /**
     * @param files of the directory, which goes past the page cache, too
     */
    UringStorage(FileChannelStorage files, Path directory, SystemCalls calls, String reason) {
        super(files);
        this.files = files;
        this.directory = directory;
        this.calls = calls;
        this.reason = reason;
    }

    @Override
    protected StorageFile wrap(String name, StorageFile file) {
        return new UringFile(file, directory.resolve(name), calls);
    }

    @Override
    public DurableWrites durableWrites(int depth) throws IOException {
        DurableWrites inTurn = files.durableWrites(depth);
        try {
            return new UringWrites(calls, inTurn, depth);
        } catch (IOException e) {
            LOG.warn("no io_uring of {} entries for {}, writes are done in turn: {}", depth, directory, e.getMessage());
            return inTurn;
        }
    }

    @Override
    public BackendInUse backend() {
        return new BackendInUse(Backend.IO_URING, reason);
    }
}
