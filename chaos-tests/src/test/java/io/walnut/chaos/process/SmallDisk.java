package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A file system of its own, in memory and as small as a test wants it. Mounting takes root. */
final class SmallDisk implements AutoCloseable {
    private final Path mountPoint;

    private SmallDisk(Path mountPoint) {
        this.mountPoint = mountPoint;
    }

    /** Skips the test aloud where nothing can be mounted, and fails it where {@code CI=true}. */
    static void needsMounting(Path scratch) throws IOException {
        String missing;
        try (SmallDisk disk = mount(Files.createDirectories(scratch.resolve("may-mount")), "size=1m")) {
            Files.writeString(disk.mountPoint.resolve("file"), "content");
            return;
        } catch (IOException e) {
            missing = "THE TESTS OF FULL AND READ-ONLY DISKS CANNOT RUN: " + e.getMessage();
        }
        if ("true".equals(System.getenv("CI"))) {
            fail(missing);
        }
        System.err.println("\n*** " + missing + "\n");
        Assumptions.abort(missing);
    }

    /** Mounts over a directory that exists; {@code options} as of {@code mount -o}. */
    static SmallDisk mount(Path mountPoint, String options) throws IOException {
        run(List.of("mount", "-t", "tmpfs", "-o", options, "tmpfs", mountPoint.toString()));
        return new SmallDisk(mountPoint);
    }

    /** Takes all room but this much, in a file that is not Walnut's. */
    Path fill(long bytesLeft) throws IOException {
        Path ballast = mountPoint.resolve("somebody-elses-file");
        long bytes = Files.getFileStore(mountPoint).getUsableSpace() - bytesLeft;
        run(List.of("fallocate", "-l", Long.toString(bytes), ballast.toString()));
        return ballast;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // Its output has ended, so it has.
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip());
        }
    }

    @Override
    public void close() throws IOException {
        // Lazily: a process that was killed a moment ago may still hold a file.
        run(List.of("umount", "-l", mountPoint.toString()));
    }
}
