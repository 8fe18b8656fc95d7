package io.walnut.wal.crash;

import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** Fails one kind of operation at one of its occurrences, once or from then on. */
final class FailingStorage extends ForwardingStorage {
    enum Operation {
        CREATE,
        OPEN,
        READ,
        /** Half of what is there is read, as if the file ended there. */
        SHORT_READ,
        WRITE,
        /** Half of the bytes are written, and then it fails. */
        SHORT_WRITE,
        SYNC,
        /** Before it has written anything; its two parts can fail, too. */
        WRITE_DURABLY,
        SET_LENGTH,
        LENGTH,
        MAP,
        LIST,
        EXISTS,
        DELETE,
        RENAME,
        LINK_OUT,
        LINK_IN,
        SYNC_DIRECTORY,
        SYNC_OUTSIDE,
        LOCK,
        CLOSE
    }

    private final Operation operation;
    private final Supplier<IOException> failure;
    private boolean lasting;
    private long left;

    /** Fails at the occurrence of this ordinal, from 1. */
    FailingStorage(
            Storage inner, Operation operation, long occurrence, Supplier<IOException> failure, boolean lasting) {
        super(inner);
        this.lasting = lasting;
        this.operation = operation;
        this.failure = failure;
        this.left = occurrence;
    }

    /** From now on: fails at this occurrence, counted from here, instead. */
    void arm(long occurrence, boolean forGood) {
        left = occurrence;
        lasting = forGood;
    }

    /** Fails no more. */
    void disarm() {
        left = Long.MAX_VALUE;
    }

    boolean failed() {
        return left <= 0;
    }

    private boolean isNow(Operation now) {
        return now == operation && (--left == 0 || (left < 0 && lasting));
    }

    private void check(Operation now) throws IOException {
        if (isNow(now)) {
            throw failure.get();
        }
    }

    @Override
    public StorageFile create(String name) throws IOException {
        check(Operation.CREATE);
        return super.create(name);
    }

    @Override
    public StorageFile open(String name, boolean writable) throws IOException {
        check(Operation.OPEN);
        return super.open(name, writable);
    }

    @Override
    public List<String> list() throws IOException {
        check(Operation.LIST);
        return super.list();
    }

    @Override
    public boolean exists(String name) throws IOException {
        check(Operation.EXISTS);
        return super.exists(name);
    }

    @Override
    public void delete(String name) throws IOException {
        check(Operation.DELETE);
        super.delete(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        check(Operation.RENAME);
        super.rename(from, to);
    }

    @Override
    public void linkOut(String name, Path target) throws IOException {
        check(Operation.LINK_OUT);
        super.linkOut(name, target);
    }

    @Override
    public void linkIn(Path source, String name) throws IOException {
        check(Operation.LINK_IN);
        super.linkIn(source, name);
    }

    @Override
    public void syncDirectory() throws IOException {
        check(Operation.SYNC_DIRECTORY);
        super.syncDirectory();
    }

    @Override
    public void syncOutside(Path directory) throws IOException {
        check(Operation.SYNC_OUTSIDE);
        super.syncOutside(directory);
    }

    @Override
    public Closeable lock() throws IOException {
        check(Operation.LOCK);
        return super.lock();
    }

    @Override
    protected StorageFile wrap(String name, StorageFile file) {
        return new ForwardingFile(file) {
            @Override
            public int read(ByteBuffer target, long position) throws IOException {
                check(Operation.READ);
                if (isNow(Operation.SHORT_READ)) {
                    int wanted = target.remaining();
                    int limit = target.limit();
                    target.limit(target.position() + wanted / 2);
                    int read = super.read(target, position);
                    target.limit(limit);
                    return read;
                }
                return super.read(target, position);
            }

            @Override
            public void write(ByteBuffer source, long position) throws IOException {
                check(Operation.WRITE);
                if (isNow(Operation.SHORT_WRITE)) {
                    super.write(source.duplicate().limit(source.position() + source.remaining() / 2), position);
                    throw failure.get();
                }
                super.write(source, position);
            }

            @Override
            public void writeDurably(ByteBuffer source, long position) throws IOException {
                check(Operation.WRITE_DURABLY);
                super.writeDurably(source, position);
            }

            @Override
            public void sync() throws IOException {
                check(Operation.SYNC);
                super.sync();
            }

            @Override
            public void setLength(long bytes) throws IOException {
                check(Operation.SET_LENGTH);
                super.setLength(bytes);
            }

            @Override
            public long length() throws IOException {
                check(Operation.LENGTH);
                return super.length();
            }

            @Override
            public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
                check(Operation.MAP);
                return super.map(arena, position, bytes);
            }

            @Override
            public void close() throws IOException {
                super.close();
                check(Operation.CLOSE);
            }
        };
    }
}
