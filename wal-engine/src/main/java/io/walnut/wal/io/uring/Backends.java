package io.walnut.wal.io.uring;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.io.Backend;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses how the durable writes of a directory reach the disk, by trying: the kernel may be too old, a container forbid the calls,
 * the file system take nothing past its cache, Java permit no native access. The choice and its reason are logged in one line and
 * told by {@link Storage#backend()}. Whatever is chosen, what is durable on return is the same.
 */
public final class Backends {
    /** System property, and environment variable, that override what the options say: {@code auto}, {@code io_uring}, {@code portable}. */
    public static final String PROPERTY = "walnut.wal.backend";

    public static final String VARIABLE = "WALNUT_WAL_BACKEND";

    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
    private static final String PROBE_FILE = "io_uring.probe";
    private static final int STATX_BYTES = 256;
    private static final int STATX_MASK = 0;
    private static final int STATX_DIO_MEMORY_ALIGN = 152;
    private static final int STATX_DIO_OFFSET_ALIGN = 156;
    private static final int STATX_DIOALIGN = 0x2000;

    private Backends() {}

    /** What is wanted, and who says so. */
    private record Wanted(Backend backend, String by) {}

    /**
     * Makes the directory where it is missing, as {@link FileChannelStorage#at(Path, boolean)} does.
     *
     * @param wanted unless the system property or the environment variable says otherwise
     * @throws IOException when the directory cannot be used, or io_uring was asked for by name and cannot be used: the message says why
     */
    public static Storage open(Path directory, boolean pastPageCache, Backend wanted) throws IOException {
        return open(directory, pastPageCache, overridden(wanted), Libc::new);
    }

    /** With other calls than the system's: for tests. */
    static Storage open(Path directory, boolean pastPageCache, Backend wanted, Supplier<SystemCalls> calls)
            throws IOException {
        return open(directory, pastPageCache, new Wanted(wanted, "the options"), calls);
    }

    private static Storage open(Path directory, boolean pastPageCache, Wanted wanted, Supplier<SystemCalls> calls)
            throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        Storage storage;
        if (wanted.backend == Backend.PORTABLE) {
            storage = FileChannelStorage.at(absolute, pastPageCache, "asked for by " + wanted.by);
        } else {
            FileChannelStorage files = FileChannelStorage.at(absolute, pastPageCache);
            storage = choose(files, absolute, pastPageCache, wanted, calls);
        }
        LOG.info(
                "storage directory={} backend={} reason=\"{}\"",
                directory,
                storage.backend().backend(),
                storage.backend().reason());
        return storage;
    }

    private static Storage choose(
            FileChannelStorage files, Path directory, boolean pastPageCache, Wanted wanted, Supplier<SystemCalls> calls)
            throws IOException {
        String obstacle;
        if (!pastPageCache) {
            obstacle = "through the page cache io_uring is slower";
        } else {
            obstacle = obstacle(wanted.backend);
        }
        if (obstacle == null) {
            try {
                SystemCalls made = calls.get();
                probe(files, directory, made);
                return new UringStorage(files, directory, made, "a write of a block by it was tried and is good");
            } catch (IOException | UnsupportedOperationException | IllegalCallerException | NoSuchElementException e) {
                obstacle = e.getMessage();
            } catch (LinkageError e) { // what the line above names, while the class was initialized
                obstacle = String.valueOf(e.getCause() == null ? e : e.getCause());
            }
        }
        if (wanted.backend == Backend.IO_URING) {
            throw new IOException("io_uring is wanted by " + wanted.by + " and cannot be used in " + directory + ": "
                    + obstacle + "; mend that, or ask for auto or portable");
        }
        return FileChannelStorage.at(directory, pastPageCache, "io_uring cannot be used: " + obstacle);
    }

    private static Wanted overridden(Backend wanted) {
        String by = "the system property " + PROPERTY;
        String text = System.getProperty(PROPERTY);
        if (text == null) {
            by = "the environment variable " + VARIABLE;
            text = System.getenv(VARIABLE);
        }
        if (text == null || text.isBlank()) {
            return new Wanted(wanted, "the options");
        }
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> new Wanted(Backend.AUTO, by);
            case "io_uring" -> new Wanted(Backend.IO_URING, by);
            case "portable" -> new Wanted(Backend.PORTABLE, by);
            default ->
                throw new IllegalArgumentException(by + " must be auto, io_uring or portable, not \"" + text + "\"");
        };
    }

    /** What is known without a try. */
    private static @Nullable String obstacle(Backend wanted) {
        String system = System.getProperty("os.name", "");
        String machine = System.getProperty("os.arch", "");
        if (!system.equals("Linux") || !(machine.equals("amd64") || machine.equals("aarch64"))) {
            return "it takes Linux on amd64 or aarch64, and this is " + system + " on " + machine;
        }
        // Without it a JDK warns on the console today and refuses one day. Not by default.
        if (wanted == Backend.AUTO && !Backends.class.getModule().isNativeAccessEnabled()) {
            return "Java permits no native access: start it with --enable-native-access=ALL-UNNAMED";
        }
        return null;
    }

    /** Writes a block of a file that is gone again on return, and reads it back. One at a time, for the name of that file. */
    private static synchronized void probe(FileChannelStorage files, Path directory, SystemCalls calls)
            throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(2 * Blocks.BYTES)
                .alignedSlice(Blocks.BYTES)
                .slice(0, Blocks.BYTES);
        for (int i = 0; i < Blocks.BYTES; i++) {
            block.put(i, (byte) (i * 31));
        }
        ByteBuffer read = ByteBuffer.allocate(Blocks.BYTES);
        if (files.exists(PROBE_FILE)) {
            files.delete(PROBE_FILE); // a crash left it
        }
        Path path = directory.resolve(PROBE_FILE);
        try (UringFile file = new UringFile(files.create(PROBE_FILE), path, calls)) {
            try {
                write(file, path, new UringWrites(calls, files.durableWrites(1), 1), calls, block);
                file.read(read, 0); // while it has a name: after an interrupt it is opened again by that
            } finally {
                files.delete(PROBE_FILE);
            }
        }
        if (!read.flip().equals(block.clear())) {
            throw new IOException("a block that was written by it is not what is read");
        }
    }

    private static void write(UringFile file, Path path, UringWrites by, SystemCalls calls, ByteBuffer block)
            throws IOException {
        try (UringWrites writes = by) {
            int number = calls.openDirect(path);
            if (number < 0) {
                throw new IOException("open with O_DIRECT: " + Errno.text(-number));
            }
            try {
                checkAlignment(calls, number);
            } finally {
                calls.close(number);
            }
            Descriptor descriptor = file.take();
            if (descriptor == null) {
                throw new IOException("a file cannot be opened twice with O_DIRECT");
            }
            if (!writes.begin(descriptor, path, block, 0, 0)) {
                throw new IOException("io_uring_enter is refused");
            }
            int _ = writes.await();
        }
    }

    /** Kernels before 6.1 and some file systems do not say; then the write tells. */
    private static void checkAlignment(SystemCalls calls, int descriptor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(STATX_BYTES, Long.BYTES);
            int result = calls.status(descriptor, STATX_DIOALIGN, status);
            if (result < 0 || (status.get(ValueLayout.JAVA_INT, STATX_MASK) & STATX_DIOALIGN) == 0) {
                return;
            }
            int memory = status.get(ValueLayout.JAVA_INT, STATX_DIO_MEMORY_ALIGN);
            int offset = status.get(ValueLayout.JAVA_INT, STATX_DIO_OFFSET_ALIGN);
            if (memory == 0 || Blocks.BYTES % memory != 0 || offset == 0 || Blocks.BYTES % offset != 0) {
                throw new IOException("the file system takes writes past its cache in units of " + offset
                        + " bytes (memory " + memory + "), not of " + Blocks.BYTES);
            }
        }
    }
}
