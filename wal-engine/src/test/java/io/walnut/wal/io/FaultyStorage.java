package io.walnut.wal.io;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A directory in memory that keeps apart what is durable and what is not yet, can crash at any operation, and then says what a
 * disk may hold ({@link CrashImages}). Strict: an entry of the directory is durable after {@link #syncDirectory} alone, bytes
 * after the file's sync alone. Can also refuse operations.
 */
public final class FaultyStorage implements Storage {
    /** Thrown by the operation at which the crash was wanted, and by every one after it. An Error, so that nobody handles it. */
    public static final class Crash extends Error {
        private static final long serialVersionUID = 1L;

        Crash(long operation) {
            super("crashed at operation " + operation, null, false, false);
        }
    }

    /** What kind of operation is counted, traced and refused. */
    public enum Kind {
        CREATE,
        OPEN,
        READ,
        WRITE,
        SYNC,
        SET_LENGTH,
        DELETE,
        RENAME,
        LINK,
        SYNC_DIRECTORY
    }

    /** Decides whether an operation fails. Called before it, with its ordinal from 1 among all operations. */
    @FunctionalInterface
    public interface Refusal {
        void check(long ordinal, Kind kind, String name) throws IOException;
    }

    /** Called between the bytes of a durable write and its sync, without the storage's lock; may wait, and may fail. */
    @FunctionalInterface
    public interface Gate {
        void pass(String name, long position) throws IOException;
    }

    /** Something done to a file since its last sync. */
    sealed interface Change {
        /** Bytes written. */
        @SuppressWarnings("ArrayRecordComponent") // made here, changed by nobody
        record Write(long position, byte[] bytes) implements Change {}

        /** The length set. */
        record Length(long bytes) implements Change {}
    }

    /** Something done to the directory since its last sync. */
    sealed interface EntryChange {
        /** A name given to a file that is new here. */
        record Added(String name, Inode inode) implements EntryChange {}

        /** A name taken away. */
        record Removed(String name) implements EntryChange {}

        /** A file given another name. */
        record Renamed(String from, String to, Inode inode) implements EntryChange {}
    }

    /** A file: what it holds for whoever reads it now, what the disk surely holds, and the changes between the two. */
    static final class Inode {
        byte[] current = new byte[0];
        byte[] durable = new byte[0];
        final List<Change> pending = new ArrayList<>();
        boolean lostPages; // what is read is not all durable or pending
        boolean shared; // it has, or had, a name outside

        void losePages() {
            pending.removeIf(Change.Write.class::isInstance);
            lostPages = true;
        }

        void sync() {
            if (lostPages) {
                for (Change change : pending) {
                    durable = apply(durable, change);
                }
            } else {
                durable = current.clone();
            }
            pending.clear();
        }

        /** What a durable write does for its own bytes alone. */
        void sync(Change.Write write) {
            durable = apply(durable, write);
            pending.remove(write);
        }
    }

    private final TreeMap<String, Inode> entries = new TreeMap<>();
    private final TreeMap<String, Inode> durableEntries = new TreeMap<>();
    private final List<EntryChange> pendingEntries = new ArrayList<>();
    private final Map<Path, Map<String, byte[]>> outside = new HashMap<>();
    private final List<String> trace = new ArrayList<>();
    private long operations;
    private long crashAt = Long.MAX_VALUE;
    private boolean locked;
    private boolean losesPages;
    private Refusal refusal = (ordinal, kind, name) -> {};
    private volatile Gate gate = (name, position) -> {};

    public FaultyStorage() {}

    /** A directory as a disk holds it after a crash or a clean stop: everything durable. */
    public static FaultyStorage of(Map<String, byte[]> files) {
        FaultyStorage storage = new FaultyStorage();
        files.forEach((name, bytes) -> {
            Inode inode = new Inode();
            inode.current = bytes.clone();
            inode.durable = inode.current.clone();
            storage.entries.put(name, inode);
            storage.durableEntries.put(name, inode);
        });
        return storage;
    }

    /** Crashes instead of doing the operation of this ordinal (from 1), counted over all that change something. */
    public synchronized void crashAt(long ordinal) {
        crashAt = ordinal;
    }

    public synchronized void refuse(Refusal wanted) {
        refusal = wanted;
    }

    /** Holds durable writes up: they are under way until the gate lets them pass, in any order. */
    public void holdDurableWrites(Gate wanted) {
        gate = wanted;
    }

    /**
     * From now on a sync that fails leaves the pages clean, as Linux does: what was written since the last good sync can be read,
     * is not on the disk, and no later sync brings it there.
     */
    public synchronized void losePagesWhoseSyncFails() {
        losesPages = true;
    }

    /** Number of operations that changed something, or would have. */
    public synchronized long operations() {
        return operations;
    }

    /** The operations so far, for messages. */
    public synchronized List<String> trace() {
        return List.copyOf(trace);
    }

    /** What everybody sees now, as bytes. */
    public synchronized Map<String, byte[]> contents() {
        var files = new TreeMap<String, byte[]>();
        entries.forEach((name, inode) -> files.put(name, inode.current.clone()));
        return files;
    }

    /** What the disk surely holds: nothing that no sync has brought there. */
    public synchronized Map<String, byte[]> durable() {
        var files = new TreeMap<String, byte[]>();
        durableEntries.forEach((name, inode) -> files.put(name, inode.durable.clone()));
        return files;
    }

    /** What a disk may hold if the power fails now. */
    public synchronized CrashImages crashImages() {
        return new CrashImages(new LinkedHashMap<>(durableEntries), List.copyOf(pendingEntries));
    }

    private void read(Kind kind, String name) throws IOException {
        if (operations >= crashAt) {
            throw new Crash(crashAt);
        }
        refusal.check(operations, kind, name);
    }

    private void change(Kind kind, String name) throws IOException {
        operations++;
        if (operations >= crashAt) {
            throw new Crash(crashAt);
        }
        trace.add(operations + " " + kind + " " + name);
        refusal.check(operations, kind, name);
    }

    @Override
    public synchronized StorageFile create(String name) throws IOException {
        change(Kind.CREATE, name);
        if (entries.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        Inode inode = new Inode();
        add(name, inode);
        return new File(name, inode);
    }

    private void add(String name, Inode inode) {
        entries.put(name, inode);
        pendingEntries.add(new EntryChange.Added(name, inode));
    }

    @Override
    public synchronized StorageFile open(String name, boolean writable) throws IOException {
        read(Kind.OPEN, name);
        return new File(name, existing(name));
    }

    private Inode existing(String name) throws FileNotFoundException {
        Inode inode = entries.get(name);
        if (inode == null) {
            throw new FileNotFoundException(name);
        }
        return inode;
    }

    @Override
    public synchronized List<String> list() throws IOException {
        read(Kind.READ, "directory");
        return List.copyOf(entries.keySet());
    }

    @Override
    public synchronized boolean exists(String name) {
        return entries.containsKey(name);
    }

    @Override
    public synchronized boolean isShared(String name) throws IOException {
        return existing(name).shared;
    }

    @Override
    public synchronized void delete(String name) throws IOException {
        change(Kind.DELETE, name);
        existing(name);
        entries.remove(name);
        pendingEntries.add(new EntryChange.Removed(name));
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        change(Kind.RENAME, from + " to " + to);
        Inode inode = existing(from);
        entries.remove(from);
        entries.put(to, inode);
        pendingEntries.add(new EntryChange.Renamed(from, to, inode));
    }

    @Override
    public synchronized void linkOut(String name, Path target) throws IOException {
        change(Kind.LINK, name + " out");
        Path directory = Objects.requireNonNull(target.getParent());
        if (outside(target) != null) {
            throw new FileAlreadyExistsException(target.toString());
        }
        existing(name).shared = true;
        outside.computeIfAbsent(directory, path -> new TreeMap<>())
                .put(
                        String.valueOf(target.getFileName()),
                        existing(name).current.clone());
    }

    @Override
    public synchronized void linkIn(Path source, String name) throws IOException {
        change(Kind.LINK, name + " in");
        byte[] bytes = outside.getOrDefault(Objects.requireNonNull(source.getParent()), Map.of())
                .get(String.valueOf(source.getFileName()));
        if (bytes == null) {
            throw new FileNotFoundException(source.toString());
        }
        if (entries.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        Inode inode = new Inode();
        inode.current = bytes.clone();
        inode.pending.add(new Change.Write(0, bytes.clone())); // nobody says that whoever wrote it has synced it
        inode.shared = true;
        add(name, inode);
    }

    /** Puts a file outside of the directory, for {@link #linkIn}. */
    public synchronized void putOutside(Path path, byte[] bytes) {
        outside.computeIfAbsent(Objects.requireNonNull(path.getParent()), directory -> new TreeMap<>())
                .put(String.valueOf(path.getFileName()), bytes.clone());
    }

    /** A file that {@link #linkOut} made. */
    public synchronized byte @Nullable [] outside(Path path) {
        return outside.getOrDefault(Objects.requireNonNull(path.getParent()), Map.of())
                .get(String.valueOf(path.getFileName()));
    }

    @Override
    public synchronized void deleteOutside(Path target) throws IOException {
        change(Kind.DELETE, target.getFileName() + " outside");
        Map<String, byte[]> files = outside.getOrDefault(Objects.requireNonNull(target.getParent()), Map.of());
        if (files.remove(String.valueOf(target.getFileName())) == null) {
            throw new FileNotFoundException(target.toString());
        }
    }

    @Override
    public synchronized void syncDirectory() throws IOException {
        change(Kind.SYNC_DIRECTORY, "");
        durableEntries.clear();
        durableEntries.putAll(entries);
        pendingEntries.clear();
    }

    @Override
    public synchronized void syncOutside(Path directory) throws IOException {
        change(Kind.SYNC_DIRECTORY, "outside");
    }

    @Override
    public synchronized Closeable lock() throws IOException {
        if (locked) {
            throw new StorageLockedException("the directory in memory is locked", true);
        }
        locked = true;
        return () -> {
            synchronized (this) {
                locked = false;
            }
        };
    }

    /** Each write is one operation when it is submitted, and another when it becomes durable: in no order. */
    @Override
    public DurableWrites durableWrites(int depth) {
        return new Queue(depth);
    }

    private static final class Queue implements DurableWrites {
        private record Begun(
                File file,
                int token,
                Change.@Nullable Write write,
                @Nullable IOException failure) {}

        private final int depth;
        private final List<Begun> begun = new ArrayList<>();
        private final Random order = new Random(1);

        Queue(int depth) {
            if (depth < 1) {
                throw new IllegalArgumentException("depth " + depth);
            }
            this.depth = depth;
        }

        @Override
        public void submit(StorageFile file, ByteBuffer source, long position, int token) {
            if (begun.size() == depth) {
                throw new IllegalStateException("full");
            }
            try {
                begun.add(new Begun((File) file, token, ((File) file).begin(source.duplicate(), position), null));
            } catch (IOException e) {
                begun.add(new Begun((File) file, token, null, e));
            }
        }

        @Override
        public int await() throws IOException {
            if (begun.isEmpty()) {
                throw new IllegalStateException("empty");
            }
            Begun next = begun.remove(order.nextInt(begun.size()));
            try {
                if (next.failure != null) {
                    throw next.failure;
                }
                next.file.end(Objects.requireNonNull(next.write));
                return next.token;
            } catch (IOException e) {
                throw new DurableWriteException(next.token, e);
            }
        }

        @Override
        public boolean ready() {
            return false; // so that whoever may begin another one does
        }

        @Override
        public int inFlight() {
            return begun.size();
        }

        @Override
        public void close() {
            begun.clear();
        }
    }

    @Override
    public String describe() {
        return "memory";
    }

    @Override
    public void close() {}

    private final class File implements StorageFile {
        private final String name;
        private final Inode inode;

        File(String name, Inode inode) {
            this.name = name;
            this.inode = inode;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            synchronized (FaultyStorage.this) {
                FaultyStorage.this.read(Kind.READ, name);
                int bytes = (int) Math.max(0, Math.min(target.remaining(), inode.current.length - position));
                if (bytes > 0) {
                    target.put(inode.current, (int) position, bytes);
                }
                return bytes;
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            begin(source, position);
        }

        private Change.Write begin(ByteBuffer source, long position) throws IOException {
            synchronized (FaultyStorage.this) {
                byte[] bytes = new byte[source.remaining()];
                source.duplicate().get(bytes);
                change(Kind.WRITE, name + " at " + position + " for " + bytes.length);
                if (inode.shared) {
                    throw new AssertionError("a write to " + name + " changes what is linked elsewhere");
                }
                source.position(source.limit());
                var write = new Change.Write(position, bytes);
                inode.pending.add(write);
                inode.current = apply(inode.current, write);
                return write;
            }
        }

        @Override
        public void writeDurably(ByteBuffer source, long position) throws IOException {
            Change.Write write = begin(source, position);
            gate.pass(name, position);
            end(write);
        }

        /** Makes a write durable that was begun. */
        private void end(Change.Write write) throws IOException {
            synchronized (FaultyStorage.this) {
                syncing();
                if (!inode.lostPages) {
                    inode.sync(write);
                } else {
                    inode.sync();
                }
            }
        }

        private void syncing() throws IOException {
            try {
                change(Kind.SYNC, name);
            } catch (IOException e) {
                if (losesPages) {
                    inode.losePages();
                }
                throw e;
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (FaultyStorage.this) {
                syncing();
                inode.sync();
            }
        }

        @Override
        public void setLength(long bytes) throws IOException {
            synchronized (FaultyStorage.this) {
                change(Kind.SET_LENGTH, name + " to " + bytes);
                var length = new Change.Length(bytes);
                inode.pending.add(length);
                inode.current = apply(inode.current, length);
            }
        }

        @Override
        public long length() throws IOException {
            synchronized (FaultyStorage.this) {
                FaultyStorage.this.read(Kind.READ, name);
                return inode.current.length;
            }
        }

        /** It goes with the arena, and with a log that a crash has left without anybody who would close that. */
        @SuppressWarnings("restricted") // the length is its own
        private static MemorySegment allocate(Arena arena, long bytes) {
            MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, bytes), Long.BYTES);
            return memory.reinterpret(arena, _ -> Objects.requireNonNull(memory)) // which keeps it
                    .asSlice(0, bytes);
        }

        @Override
        public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
            synchronized (FaultyStorage.this) {
                FaultyStorage.this.read(Kind.READ, name);
                MemorySegment copy = allocate(arena, bytes);
                MemorySegment.copy(inode.current, (int) position, copy, ValueLayout.JAVA_BYTE, 0, (int) bytes);
                return copy.asReadOnly();
            }
        }

        @Override
        public void close() {}
    }

    static byte[] apply(byte[] bytes, Change change) {
        return switch (change) {
            case Change.Length(long length) -> Arrays.copyOf(bytes, Math.toIntExact(length));
            case Change.Write(long position, byte[] written) -> {
                int end = Math.toIntExact(position + written.length);
                byte[] result = end > bytes.length ? Arrays.copyOf(bytes, end) : bytes.clone();
                System.arraycopy(written, 0, result, (int) position, written.length);
                yield result;
            }
        };
    }
}
