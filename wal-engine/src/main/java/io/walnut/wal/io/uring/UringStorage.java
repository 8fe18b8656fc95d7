package io.walnut.wal.io.uring;

import io.walnut.wal.io.Backend;
import io.walnut.wal.io.BackendInUse;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of the file system with a queue of durable writes that go past the page cache through io_uring. Everything else, and
 * what a ring cannot be had for, goes through {@link FileChannelStorage}.
 */
final class UringStorage implements Storage {
    private static final Logger LOG = LoggerFactory.getLogger(UringStorage.class);

    private final FileChannelStorage files;
    private final Path directory;
    private final SystemCalls calls;
    private final String reason;

    /**
     * @param files of the directory, which goes past the page cache, too
     */
    UringStorage(FileChannelStorage files, Path directory, SystemCalls calls, String reason) {
        this.files = files;
        this.directory = directory;
        this.calls = calls;
        this.reason = reason;
    }

    @Override
    public StorageFile create(String name) throws IOException {
        return queueable(files.create(name), name);
    }

    @Override
    public StorageFile open(String name, boolean writable) throws IOException {
        StorageFile file = files.open(name, writable);
        return writable ? queueable(file, name) : file;
    }

    private StorageFile queueable(StorageFile file, String name) {
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

    @Override
    public List<String> list() throws IOException {
        return files.list();
    }

    @Override
    public boolean exists(String name) {
        return files.exists(name);
    }

    @Override
    public boolean isShared(String name) throws IOException {
        return files.isShared(name);
    }

    @Override
    public void delete(String name) throws IOException {
        files.delete(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        files.rename(from, to);
    }

    @Override
    public void linkOut(String name, Path target) throws IOException {
        files.linkOut(name, target);
    }

    @Override
    public void linkIn(Path source, String name) throws IOException {
        files.linkIn(source, name);
    }

    @Override
    public void deleteOutside(Path target) throws IOException {
        files.deleteOutside(target);
    }

    @Override
    public void syncDirectory() throws IOException {
        files.syncDirectory();
    }

    @Override
    public void syncOutside(Path outside) throws IOException {
        files.syncOutside(outside);
    }

    @Override
    public Closeable lock() throws IOException {
        return files.lock();
    }

    @Override
    public String describe() {
        return files.describe();
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
