package io.walnut.node.bench;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a figure was measured on, in a line: without it, it says nothing. */
record Machine(String cpu, String kernel, String fileSystem, String disk, String java) {

    /** @param directory or the nearest of its parents that exists */
    static Machine of(Path directory) throws IOException {
        Path there = directory.toAbsolutePath().normalize();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        FileStore store = Files.getFileStore(there);
        return new Machine(
                Runtime.getRuntime().availableProcessors() + " cores" + cpuModel(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                store.type(),
                store.name() + diskModel(store.name()),
                "JDK " + Runtime.version());
    }

    String line() {
        return String.join("; ", cpu, kernel, fileSystem + " on " + disk, java);
    }

    private static String cpuModel() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> " of " + line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** Of a partition, its disk's. */
    private static String diskModel(String device) {
        Path name = Path.of(device).getFileName();
        if (name == null || !device.startsWith("/dev/")) {
            return "";
        }
        try {
            Path block = Path.of("/sys/class/block").resolve(name).toRealPath();
            for (Path at = block; at != null && at.startsWith("/sys/devices"); at = at.getParent()) {
                if (Files.isReadable(at.resolve("device/model"))) {
                    return " (" + Files.readString(at.resolve("device/model")).strip() + ")";
                }
            }
            return block.toString().contains("/virtio") ? " (virtio)" : "";
        } catch (IOException e) {
            return "";
        }
    }
}
