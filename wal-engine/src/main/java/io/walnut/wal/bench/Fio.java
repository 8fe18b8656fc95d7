package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Unit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the disk can do, by the program {@code fio}, in a file that has been written before. Nothing where it is not installed. */
final class Fio {
    private static final String FILE = "fio.tmp";
    private static final int FILE_MIB = 512;
    // Of a line of --output-format=terse, version 3.
    private static final int WRITE_KIB_PER_SECOND = 47;
    private static final int WRITES_PER_SECOND = 48;

    private final Path directory;
    private final Consumer<String> notes;
    private boolean laidOut;
    private boolean missing;

    Fio(Path directory, Consumer<String> notes) {
        this.directory = directory;
        this.notes = notes;
    }

    /** Sequential O_DIRECT+O_DSYNC writes of {@code kib} KiB, {@code depth} in flight. */
    @Nullable
    Reference durableWrites(int kib, int depth, Unit of, Duration length) {
        String[] fields = missing ? null : run(kib, depth, Math.max(1, length.toSeconds()));
        if (fields == null) {
            return null;
        }
        double value = of == Unit.OPS_PER_SECOND
                ? Double.parseDouble(fields[WRITES_PER_SECOND])
                : Double.parseDouble(fields[WRITE_KIB_PER_SECOND]) * 1024;
        return new Reference("fio " + kib + " KiB O_DIRECT+O_DSYNC, queue depth " + depth, value, of);
    }

    private String @Nullable [] run(int kib, int depth, long seconds) {
        try {
            if (!laidOut) {
                missing = fio("--bs=1M", "--rw=write", "--end_fsync=1") == null;
                if (missing) {
                    return null;
                }
                laidOut = true;
            }
            return fio(
                    "--bs=" + kib + "k",
                    "--rw=write",
                    "--sync=dsync",
                    "--iodepth=" + depth,
                    "--ioengine=" + (depth == 1 ? "psync" : "io_uring"),
                    "--time_based",
                    "--runtime=" + seconds);
        } catch (IOException e) {
            missing = true;
            notes.accept("fio cannot be run, so nothing is held against the disk and ratios are empty; install it"
                    + " (apt-get install fio): " + e.getMessage());
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private String @Nullable [] fio(String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                "fio",
                "--name=reference",
                "--filename=" + directory.resolve(FILE),
                "--size=" + FILE_MIB + "M",
                "--direct=1",
                "--overwrite=1",
                "--output-format=terse",
                "--terse-version=3"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            notes.accept("fio failed, a ratio is missing: "
                    + output.lines().findFirst().orElse("it says nothing"));
            return null;
        }
        for (String line : output.lines().toList()) {
            String[] fields = line.split(";", -1);
            if (fields.length > WRITES_PER_SECOND) {
                return fields;
            }
        }
        return null;
    }
}
