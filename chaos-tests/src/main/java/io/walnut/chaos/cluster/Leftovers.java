package io.walnut.chaos.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Gives back what a cluster took of the machine, found by its name alone: it needs nothing of the harness that took it. Disk images
 * stay.
 */
final class Leftovers {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Path LINKS = Path.of("/sys/class/net");
    private static final Path BLOCK_DEVICES = Path.of("/sys/block");
    private static final long EXIT_SECONDS = 10;

    private Leftovers() {}

    /** Processes in the namespaces, mounts, loop devices, namespaces and links whose names are those. */
    static void remove(Predicate<String> whose) throws IOException {
        List<String> namespaces = children(NAMESPACES, whose);
        for (String namespace : namespaces) {
            for (String pid :
                    Commands.run("ip", "netns", "pids", namespace).lines().toList()) {
                ProcessHandle.of(Long.parseLong(pid.strip())).ifPresent(Leftovers::kill);
            }
        }
        for (String device : children(BLOCK_DEVICES, name -> name.startsWith("loop"))) {
            if (whose.test(image(device))) {
                detach("/dev/" + device);
            }
        }
        for (String link : children(LINKS, whose)) {
            Commands.run("ip", "link", "del", link); // before the other end goes, some time after its namespace
        }
        for (String namespace : namespaces) {
            Commands.run("ip", "netns", "del", namespace);
        }
    }

    /** Name of the file behind the device; empty when there is none. */
    private static String image(String device) {
        try {
            String file = Files.readString(BLOCK_DEVICES.resolve(device).resolve("loop/backing_file"));
            return file.strip().replaceFirst(".*/", "");
        } catch (IOException e) {
            return ""; // it may have been detached a moment ago, by whose it was
        }
    }

    private static List<String> children(Path directory, Predicate<String> which) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(directory)) {
            return children.map(child -> child.getFileName().toString())
                    .filter(which)
                    .toList();
        }
    }

    private static void kill(ProcessHandle process) {
        process.destroyForcibly();
        try {
            process.onExit().get(EXIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // What it still holds cannot be given back: that will be said.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void detach(String device) throws IOException {
        for (String mount :
                Files.readString(Path.of("/proc/self/mounts")).lines().toList()) {
            String[] fields = mount.split(" ", 3);
            if (fields[0].equals(device)) {
                String mountPoint = fields[1].replace("\\040", " ");
                LoopDisk.thaw(mountPoint);
                LoopDisk.unmount(mountPoint);
            }
        }
        Commands.run("losetup", "--detach", device);
    }
}
