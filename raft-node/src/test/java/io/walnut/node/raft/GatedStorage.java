package io.walnut.node.raft;

import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A real directory whose syncs of files can be held up or made to fail. */
final class GatedStorage implements Storage {
    private final Storage storage;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean held;
    private boolean failing;

    GatedStorage(Path directory) throws IOException {
        this.storage = FileChannelStorage.at(directory);
    }

    /** Syncs wait from now on. */
    void hold() {
        set(true, false);
    }

    /** Syncs go on. */
    void release() {
        set(false, false);
    }

    /** Syncs fail from now on, also those that wait. */
    void fail() {
        set(false, true);
    }

    private void set(boolean nowHeld, boolean nowFailing) {
        lock.lock();
        try {
            held = nowHeld;
            failing = nowFailing;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pass() throws IOException {
        lock.lock();
        try {
            while (held) {
                changed.awaitUninterruptibly();
            }
            if (failing) {
                throw new IOException("sync: input/output error (planted)");
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public StorageFile create(String name) throws IOException {
        return new Gated(storage.create(name));
    }

    @Override
    public StorageFile open(String name, boolean writable) throws IOException {
        return new Gated(storage.open(name, writable));
    }

    @Override
    public List<String> list() throws IOException {
        return storage.list();
    }

    @Override
    public boolean exists(String name) throws IOException {
        return storage.exists(name);
    }

    @Override
    public void delete(String name) throws IOException {
        storage.delete(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        storage.rename(from, to);
    }

    @Override
    public void linkOut(String name, Path target) throws IOException {
        storage.linkOut(name, target);
    }

    @Override
    public void linkIn(Path source, String name) throws IOException {
        storage.linkIn(source, name);
    }

    @Override
    public void syncDirectory() throws IOException {
        storage.syncDirectory();
    }

    @Override
    public void syncOutside(Path directory) throws IOException {
        storage.syncOutside(directory);
    }

    @Override
    public Closeable lock() throws IOException {
        return storage.lock();
    }

    @Override
    public String describe() {
        return storage.describe();
    }

    @Override
    public void close() throws IOException {
        storage.close();
    }

    private final class Gated implements StorageFile {
        private final StorageFile file;

        Gated(StorageFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            file.write(source, position);
        }

        @Override
        public void sync() throws IOException {
            pass();
            file.sync();
        }

        @Override
        public void setLength(long bytes) throws IOException {
            file.setLength(bytes);
        }

        @Override
        public long length() throws IOException {
            return file.length();
        }

        @Override
        public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
            return file.map(arena, position, bytes);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
