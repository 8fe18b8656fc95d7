package io.walnut.wal.disk;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file system of its own in a file, mounted through a loop device, that can lose its power. Takes root. */
final class LoopDisk implements AutoCloseable {
    private static final long BYTES = 320L << 20; // the least that xfs takes is 300 MB
    private static final int SHUTDOWN = 0x8004_587D; // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, u32)
    private static final int NO_LOG_FLUSH = 2;

    private final Path image;
    private final Path mountPoint;

    private LoopDisk(Path image, Path mountPoint) {
        this.image = image;
        this.mountPoint = mountPoint;
    }

    /** Skips the test aloud where this cannot be done, and fails it where {@code CI=true}. */
    static LoopDisk make(String fileSystem, Path scratch, String... options) throws IOException, InterruptedException {
        Path image = scratch.resolve(fileSystem + ".img");
        Path mountPoint = Files.createDirectories(scratch.resolve(fileSystem));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        LoopDisk disk = new LoopDisk(image, mountPoint);
        try {
            var command = new ArrayList<>(List.of("mkfs." + fileSystem, "-q", fileSystem.equals("xfs") ? "-f" : "-F"));
            command.addAll(List.of(options));
            command.add(image.toString());
            run(command.toArray(String[]::new));
            disk.mount();
            return disk;
        } catch (IOException e) {
            String problem = "no disk of its own with " + fileSystem + ": " + e.getMessage();
            System.out.println(problem);
            if (Boolean.parseBoolean(System.getenv("CI"))) {
                fail(problem);
            }
            throw new AssertionError(abort(problem));
        }
    }

    Path directory() {
        return mountPoint;
    }

    void mount() throws IOException, InterruptedException {
        run("mount", "-o", "loop", image.toString(), mountPoint.toString());
    }

    void unmount() throws IOException, InterruptedException {
        run("umount", mountPoint.toString());
    }

    /** From now on nothing comes to the disk; what the file system had only in memory, its own journal too, is lost. */
    @SuppressWarnings("restricted")
    void cutPower() throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle ioctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(2));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flag = arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH);
            int directory = (int) open.invokeExact(arena.allocateFrom(mountPoint.toString()), 0);
            int result = (int) ioctl.invokeExact(directory, Integer.toUnsignedLong(SHUTDOWN), flag);
            int _ = (int) close.invokeExact(directory);
            if (directory < 0 || result != 0) {
                throw new IOException("the shutdown of " + mountPoint + " was refused");
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            run("umount", "-l", mountPoint.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.delete(image);
    }

    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", List.of(command)) + ": " + output.strip());
        }
    }
}
