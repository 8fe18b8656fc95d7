package io.walnut.wal.io;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A storage that passes everything on, for those that change one thing: override it, and wrap the files. Durable writes are not
 * passed on but made of {@code write} and {@code sync}, as are queues of them of those: what overrides these sees each.
 */
public abstract class ForwardingStorage implements Storage {
    private final Storage storage;

    protected ForwardingStorage(Storage storage) {
        this.storage = storage;
    }

    /** What stands in for a file that was created or opened. */
    protected StorageFile wrap(String name, StorageFile file) {
        return file;
    }

    @Override
    public StorageFile create(String name) throws IOException {
        return wrap(name, storage.create(name));
    }

    @Override
    public StorageFile open(String name, boolean writable) throws IOException {
        return wrap(name, storage.open(name, writable));
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
    public boolean isShared(String name) throws IOException {
        return storage.isShared(name);
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
    public void deleteOutside(Path target) throws IOException {
        storage.deleteOutside(target);
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

    /** A file that passes everything on. */
    public abstract static class ForwardingFile implements StorageFile {
        private final StorageFile file;

        protected ForwardingFile(StorageFile file) {
            this.file = file;
        }

        /** What it passes everything on to. */
        protected StorageFile file() {
            return file;
        }

        @Override
        public int readPastCache(ByteBuffer target, long position) throws IOException {
            return file.readPastCache(target, position);
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
            file.sync();
        }

        @Override
        public void endDurableWrites() {
            file.endDurableWrites();
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
