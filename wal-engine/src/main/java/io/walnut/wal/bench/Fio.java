package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Unit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the disk can do, by the program {@code fio}, in a file that has been written before. Nothing where it is not installed. */
final class Fio {
    private static final Logger LOG = LoggerFactory.getLogger(Fio.class);
    private static final String FILE = "fio.tmp";
    private static final int FILE_MIB = 512;
    // Of a line of --output-format=terse, version 3.
    private static final int WRITE_KIB_PER_SECOND = 47;
    private static final int WRITES_PER_SECOND = 48;

    private final Path directory;
    private final int seconds;
    private boolean laidOut;

    Fio(Path directory, int seconds) {
        this.directory = directory;
        this.seconds = seconds;
    }

    /** Sequential O_DIRECT+O_DSYNC writes of {@code kib} KiB, {@code depth} in flight. */
    @Nullable
    Reference durableWrites(int kib, int depth, Unit of) {
        String[] fields = run(kib, depth);
        if (fields == null) {
            return null;
        }
        double value = of == Unit.OPS_PER_SECOND
                ? Double.parseDouble(fields[WRITES_PER_SECOND])
                : Double.parseDouble(fields[WRITE_KIB_PER_SECOND]) * 1024;
        return new Reference("fio " + kib + " KiB O_DIRECT+O_DSYNC, queue depth " + depth, value, of);
    }

    private String @Nullable [] run(int kib, int depth) {
        try {
            if (!laidOut) {
                if (fio("--bs=1M", "--rw=write", "--end_fsync=1") == null) {
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
            LOG.info("no figures of fio: {}", e.getMessage());
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private String @Nullable [] fio(String... options) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(List.of(
                "fio",
                "--name=reference",
                "--filename=" + directory.resolve(FILE),
                "--size=" + FILE_MIB + "M",
                "--direct=1",
                "--overwrite=1",
                "--output-format=terse",
                "--terse-version=3"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            LOG.info("fio failed: {}", output);
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

    void cleanUp() {
        try {
            Files.deleteIfExists(directory.resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
