package io.walnut.wal.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Batch;
import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalStorageFullException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks without room, processes without descriptors or mappings. */
class LimitsTest {
    private static final int KB = 1024;

    @TempDir
    Path scratch;

    /** With so little room that each step of a log's life is the one that finds none, in turn. */
    @Test
    @Tag("slow")
    void aDiskThatIsFullAtAnyStepLosesNothingAndAppendsGoOnWhenThereIsRoom() throws Exception {
        Path mountPoint = Files.createDirectories(scratch.resolve("small"));
        int refused = 0;
        for (int room = 4; room <= 400; room += 4) {
            try {
                LoopDisk.run("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", mountPoint.toString());
            } catch (IOException e) {
                System.out.println("no small disk: " + e.getMessage());
                org.junit.jupiter.api.Assumptions.abort(e.getMessage());
            }
            try {
                Path ballast = Files.write(mountPoint.resolve("ballast"), new byte[(600 - room) * KB]);
                refused += live(mountPoint.resolve("log"), ballast);
            } finally {
                LoopDisk.run("umount", "-l", mountPoint.toString());
            }
        }
        System.out.println("full disks: refused at " + refused + " steps");
        assertThat(refused).isPositive();
    }

    private interface Step {
        void run() throws WalException;
    }

    /** Appends, rolls, trims, checkpoints and closes, each again with room when it is refused; how often that was. */
    private static int live(Path directory, Path ballast) throws Exception {
        Wal wal = null;
        int refused = 0;
        List<String> expected = new ArrayList<>();
        try {
            wal = Wal.open(directory, LimitedLog.options());
        } catch (WalStorageFullException e) {
            refused++;
            Files.write(ballast, new byte[0]);
            wal = Wal.open(directory, LimitedLog.options());
        }
        Wal log = wal;
        Files.createDirectories(directory.resolve("../made"));
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String record = i + "x".repeat(3000);
            steps.add(() -> {
                log.append(Batch.of(1, ByteBuffer.wrap(record.getBytes(StandardCharsets.UTF_8))));
                expected.add(record);
            });
        }
        steps.add(7, log::roll);
        steps.add(30, () -> log.checkpoint(directory.resolve("../made").normalize()));
        for (Step step : steps) {
            try {
                step.run();
            } catch (WalStorageFullException e) {
                refused++;
                assertThat(contents(log)).isEqualTo(expected);
                Files.write(ballast, new byte[0]);
                step.run();
            }
        }
        assertThat(contents(log)).isEqualTo(expected);
        try {
            log.close();
        } catch (WalStorageFullException e) {
            refused++;
            Files.write(ballast, new byte[0]);
        }
        try (Wal again = Wal.open(directory, LimitedLog.options())) {
            assertThat(contents(again)).isEqualTo(expected);
        }
        return refused;
    }

    private static List<String> contents(Wal wal) throws WalException {
        List<String> contents = new ArrayList<>();
        try (Cursor cursor = wal.cursor(wal.startLsn())) {
            while (cursor.next()) {
                contents.add(
                        StandardCharsets.UTF_8.decode(cursor.record().payload()).toString());
            }
        }
        return contents;
    }

    /**
     * A process with 128 descriptors, or with 60 mappings left of what the kernel allows, and logs of 120 segments; one with less
     * address space left than a segment takes.
     */
    @ParameterizedTest
    @Tag("slow")
    @ValueSource(strings = {"descriptors", "mappings", "addresses"})
    void limitsOfTheProcessAreMetWithoutACrash(String limit) throws Exception {
        Path directory = Files.createDirectories(scratch.resolve("logs"));
        LimitedLog.make(directory.resolve("many"));
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        switch (limit) {
                                    case "descriptors" -> "ulimit -n 128; ";
                                    case "addresses" -> "ulimit -v 3000000; export MALLOC_ARENA_MAX=1; ";
                                    default -> "";
                                }
                                + "exec \"$0\" -Xshare:auto -Xms256m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp \"$1\" \"$2\" \"$3\" \"$4\"",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        classPathOfJars(),
                        LimitedLog.class.getName(),
                        directory.toString(),
                        limit)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        output.lines().filter(line -> line.startsWith("limit: ")).forEach(System.out::println);
        assertThat(process.waitFor()).as(output).isZero();
        if (!limit.equals("descriptors")) {
            assertThat(output).contains("limit: segments that are mapped (0)");
        }
        try (Wal wal = Wal.open(directory.resolve("many"), LimitedLog.options())) {
            assertThat(wal.endLsn()).isEqualTo(360);
            assertThat(contents(wal)).hasSize(360);
        }
    }

    /** A class that is loaded out of a directory takes a descriptor for it, of which there is none. */
    private String classPathOfJars() {
        List<String> jars = new ArrayList<>();
        ToolProvider jar = ToolProvider.findFirst("jar").orElseThrow();
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            if (entry.endsWith("classes")) {
                String made = scratch.resolve(jars.size() + ".jar").toString();
                assertThat(jar.run(System.out, System.err, "-c", "-f", made, "-C", entry, "."))
                        .isZero();
                jars.add(made);
            } else if (entry.contains("slf4j-api") || entry.contains("HdrHistogram")) {
                jars.add(entry); // and no logger, which would open files of its own
            }
        }
        return String.join(":", jars);
    }
}
