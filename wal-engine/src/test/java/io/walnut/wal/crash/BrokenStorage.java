package io.walnut.wal.crash;

import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A storage that says it has synced when it has not: what a log that forgets a sync would look like. */
record BrokenStorage(Storage inner, boolean syncsFiles, boolean syncsDirectory) implements Storage {
    @Override
    public StorageFile create(String name) throws IOException {
        return new File(inner.create(name), syncsFiles);
    }

    @Override
    public StorageFile open(String name, boolean writable) throws IOException {
        return new File(inner.open(name, writable), syncsFiles);
    }

    @Override
    public List<String> list() throws IOException {
        return inner.list();
    }

    @Override
    public boolean exists(String name) throws IOException {
        return inner.exists(name);
    }

    @Override
    public void delete(String name) throws IOException {
        inner.delete(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        inner.rename(from, to);
    }

    @Override
    public void linkOut(String name, Path target) throws IOException {
        inner.linkOut(name, target);
    }

    @Override
    public void linkIn(Path source, String name) throws IOException {
        inner.linkIn(source, name);
    }

    @Override
    public void syncDirectory() throws IOException {
        if (syncsDirectory) {
            inner.syncDirectory();
        }
    }

    @Override
    public void syncOutside(Path directory) throws IOException {
        inner.syncOutside(directory);
    }

    @Override
    public Closeable lock() throws IOException {
        return inner.lock();
    }

    @Override
    public String describe() {
        return "broken " + inner.describe();
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    private record File(StorageFile inner, boolean syncs) implements StorageFile {
        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return inner.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            inner.write(source, position);
        }

        @Override
        public void sync() throws IOException {
            if (syncs) {
                inner.sync();
            }
        }

        @Override
        public void setLength(long bytes) throws IOException {
            inner.setLength(bytes);
        }

        @Override
        public long length() throws IOException {
            return inner.length();
        }

        @Override
        public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
            return inner.map(arena, position, bytes);
        }

        @Override
        public void close() throws IOException {
            inner.close();
        }
    }
}
