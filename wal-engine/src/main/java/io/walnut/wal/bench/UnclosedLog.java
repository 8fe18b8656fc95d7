package io.walnut.wal.bench;

import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process that appends to a log and ends in the middle of it: what a crash leaves behind. */
final class UnclosedLog {
    private static final int RECORD_BYTES = 1024;
    private static final int BATCH = 100;

    private UnclosedLog() {}

    /** Has another process make or enlarge the log, and end. */
    static void grow(Bench bench, Path directory, long bytes) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        UnclosedLog.class.getName(),
                        directory.toString(),
                        Long.toString(bytes))
                .redirectErrorStream(true)
                .start();
        try {
            while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
                if (bench.isStopped()) {
                    throw new IOException("stopped");
                }
            }
            if (process.exitValue() != 0) {
                throw new IOException("the process that writes the log failed: "
                        + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** In that process. */
    public static void main(String[] args) throws IOException {
        WalOptions options = WalOptions.defaults();
        Wal log = Wal.open(Path.of(args[0]), options);
        FilledLog.fill(log, Long.parseLong(args[1]), RECORD_BYTES, BATCH);
        FilledLog.fillTail(log, options.segmentBytes() * 7 / 8, RECORD_BYTES, BATCH);
        Runtime.getRuntime().halt(0);
    }
}
