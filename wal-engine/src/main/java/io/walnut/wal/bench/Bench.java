package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run of rows in a directory of its own, which it makes and removes again. For one thread.
 *
 * <p>References are measured right before the row that is held against them: the disk of a shared machine is another one a
 * minute later.
 */
public final class Bench implements AutoCloseable {
    private static final int FIO_SECONDS = 3;

    private final Path directory;
    private final Subject subject;
    private final Meters meters;
    private final Fio fio;
    private int logs;

    public Bench(Path parent, Subject subject, int warmUpSeconds, int seconds) throws IOException {
        this.directory = Files.createTempDirectory(Files.createDirectories(parent), "wal-bench-");
        this.subject = subject;
        this.meters = new Meters(warmUpSeconds, seconds);
        this.fio = new Fio(directory, FIO_SECONDS);
    }

    /** All ids that {@link #rows} knows. */
    public static List<String> ids() {
        return Rows.ALL.stream().map(Row::id).distinct().toList();
    }

    /** Rows whose id is one of those given; all of them without any. */
    public static List<Row> rows(List<String> ids) {
        return Rows.ALL.stream()
                .filter(row -> ids.isEmpty() || ids.contains(row.id()))
                .toList();
    }

    Subject subject() {
        return subject;
    }

    Meters meters() {
        return meters;
    }

    Path directory() {
        return directory;
    }

    @Nullable
    Reference reference(Against what) {
        return what.measure(fio);
    }

    Path newLogDirectory() throws IOException {
        return Files.createDirectory(directory.resolve("log-" + logs++));
    }

    Subject.Log openLog(boolean durable) throws IOException {
        return subject.open(newLogDirectory(), durable);
    }

    /** Removes the logs, which are closed. */
    void dropLogs() throws IOException {
        List<Path> children;
        try (Stream<Path> all = Files.list(directory)) {
            children = all.filter(Files::isDirectory).toList();
        }
        for (Path child : children) {
            delete(child);
        }
    }

    private static void delete(Path root) throws IOException {
        List<Path> paths;
        try (Stream<Path> all = Files.walk(root)) {
            paths = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }

    @Override
    public void close() throws IOException {
        delete(directory);
    }
}
