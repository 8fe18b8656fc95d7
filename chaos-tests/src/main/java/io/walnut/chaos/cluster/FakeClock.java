package io.walnut.chaos.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The wall clock of one node: a library (libfaketime) that stands between the process and its system, and does what a file says. */
final class FakeClock {
    static final String PACKAGE = "faketime";

    private static final String RIGHT = "+0";
    private static final Path LIBRARIES = Path.of("/usr/lib");
    private static final int DEPTH = 3;

    private final Path library;
    private final Path file;

    private FakeClock(Path library, Path file) {
        this.library = library;
        this.file = file;
    }

    static boolean installed() {
        return library().isPresent();
    }

    private static Optional<Path> library() {
        try (Stream<Path> found =
                Files.find(LIBRARIES, DEPTH, (path, attributes) -> path.endsWith("faketime/libfaketime.so.1"))) {
            return found.findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(LIBRARIES + " cannot be searched", e);
        }
    }

    /** A right one; empty where the library is not installed. */
    static Optional<FakeClock> make(Path file) throws IOException {
        Optional<FakeClock> clock = library().map(library -> new FakeClock(library, file));
        if (clock.isPresent()) {
            clock.get().set(RIGHT);
        }
        return clock;
    }

    /** What a command is prefixed with to have this clock. */
    List<String> launcher() {
        return List.of(
                "env",
                "LD_PRELOAD=" + library,
                "FAKETIME_TIMESTAMP_FILE=" + file,
                "FAKETIME_CACHE_DURATION=1", // seconds after which it looks at the file again
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
                "FAKETIME_XRESET=1");
    }

    void restore() throws IOException {
        set(RIGHT);
    }

    /** In the words of the library: {@code +3600s}, {@code +0 x1.5}. */
    void set(String words) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, words + "\n");
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
