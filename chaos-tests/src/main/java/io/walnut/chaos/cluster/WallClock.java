package io.walnut.chaos.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The wall clock of one node: a library between its process and the system (wallclock.c), compiled on this machine, and a file that
 * tells it how wrong to be.
 *
 * <pre>
 *   version i64 | seen i64 | setting 0 | setting 1      as the machine orders bytes
 *   setting:  real time when it was set i64 | ahead i64 | gain i64      nanoseconds, and millionths
 * </pre>
 *
 * The setting in use is that of the version's last bit. Thread-safe.
 */
final class WallClock {
    private static final String SOURCE = "wallclock.c";
    private static final String LIBRARY = "wallclock.so";
    private static final String SETTING = "setting";
    private static final int VERSION_AT = 0;
    private static final int SEEN_AT = 8;
    private static final int SETTINGS_AT = 16;
    private static final int SETTING_BYTES = 24;

    /** Compiled once, when it is needed for the first time. */
    private static final class Library {
        private static final Optional<byte[]> BYTES = compile();

        private static Optional<byte[]> compile() {
            if (!System.getProperty("os.name").equals("Linux") || !Commands.onPath("cc")) {
                return Optional.empty();
            }
            try (InputStream source = WallClock.class.getResourceAsStream(SOURCE)) {
                if (source == null) {
                    throw new IllegalStateException("the resource " + SOURCE + " is not in the program");
                }
                Path library = Files.createTempFile("walnut-chaos-", ".so");
                try {
                    // Without libraries of its own it asks for no version of them, and so fits those of a container,
                    // too.
                    Commands.run(
                            List.of("cc", "-x", "c", "-", "-shared", "-fPIC", "-O2", "-nostdlib", "-o", "" + library),
                            new String(source.readAllBytes(), UTF_8));
                    return Optional.of(Files.readAllBytes(library));
                } finally {
                    Files.delete(library);
                }
            } catch (IOException e) {
                return Optional.empty(); // such as a compiler without the headers of the C library
            }
        }
    }

    private final Path directory;

    private WallClock(Path directory) {
        this.directory = directory;
    }

    /** Whether this machine can make one: it takes Linux and a C compiler, {@code cc}. */
    static boolean possible() {
        return Library.BYTES.isPresent();
    }

    /**
     * A right one.
     *
     * @param directory of its own; must be new
     */
    static WallClock make(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.write(directory.resolve(LIBRARY), Library.BYTES.orElseThrow());
        Path setting = Files.write(directory.resolve(SETTING), new byte[SETTINGS_AT + 2 * SETTING_BYTES]);
        Files.setPosixFilePermissions(setting, PosixFilePermissions.fromString("rw-rw-rw-")); // the node may be anybody
        return new WallClock(directory);
    }

    /**
     * With which a process has this clock.
     *
     * @param inside what the process calls the directory
     */
    static Map<String, String> environment(Path inside) {
        return Map.of(
                "LD_PRELOAD", inside.resolve(LIBRARY).toString(),
                "CHAOS_WALL_CLOCK", inside.resolve(SETTING).toString());
    }

    /** As {@link Clocks#set}. */
    synchronized void set(Duration ahead, int gain) throws IOException {
        try (RandomAccessFile file = open()) {
            long version = read(file, VERSION_AT) + 1;
            long now = Duration.between(Instant.EPOCH, Instant.now()).toNanos();
            write(file, SETTINGS_AT + (version & 1) * SETTING_BYTES, now, ahead.toNanos(), gain);
            write(file, VERSION_AT, version);
        }
    }

    /** As {@link Clocks#seen}. */
    synchronized boolean seen() throws IOException {
        try (RandomAccessFile file = open()) {
            return read(file, SEEN_AT) == read(file, VERSION_AT);
        }
    }

    /** Not as a channel, which closes itself when its thread is interrupted. */
    private RandomAccessFile open() throws IOException {
        return new RandomAccessFile(directory.resolve(SETTING).toFile(), "rw");
    }

    private static long read(RandomAccessFile file, long at) throws IOException {
        byte[] bytes = new byte[Long.BYTES];
        file.seek(at);
        file.readFully(bytes);
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong();
    }

    private static void write(RandomAccessFile file, long at, long... numbers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Long.BYTES).order(ByteOrder.nativeOrder());
        for (long number : numbers) {
            bytes.putLong(number);
        }
        file.seek(at);
        file.write(bytes.array());
    }
}
