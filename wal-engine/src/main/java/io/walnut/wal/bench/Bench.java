package io.walnut.wal.bench;

import io.walnut.wal.WalOptions;
import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.uring.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run of rows in a directory of its own, which it makes and removes again. For one thread, but for {@link #stop}.
 *
 * <p>A row is measured in {@link #ROUNDS} rounds; in each, what it is held against comes right before, and then every log in
 * turn: the disk of a shared machine is another one a minute later.
 */
public final class Bench implements AutoCloseable {
    static final int ROUNDS = 3;
    /** For what a log does on its own after an append: it is not to count against the reference. */
    private static final long SETTLE_MILLIS = 300;
    /** Before each round but the first, which has the warm-up. */
    private static final long LEAD_IN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Path directory;
    private final Plan plan;
    private final Report report;
    private final Fio fio;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Set<String> noted = new HashSet<>();
    private int logs;

    /**
     * What to measure, and how long.
     *
     * @param subjects the logs, in the order of their turns
     * @param warmUp before each row
     * @param measured of each row, all rounds together; what it is held against takes as long beside it
     * @param large whether to write logs of 10 GiB where there is hardly room
     */
    public record Plan(List<Subject> subjects, Duration warmUp, Duration measured, boolean large) {
        public Plan {
            subjects = List.copyOf(subjects);
        }
    }

    public Bench(Path parent, Plan plan, Report report) throws IOException {
        if (!Files.isDirectory(parent)) { // made, it might be on another disk than the one that is meant
            throw new IOException("there is no directory " + parent + ": name one on the disk that is to be measured");
        }
        this.directory = Files.createTempDirectory(parent, "wal-bench-");
        this.plan = plan;
        this.report = report;
        this.fio = new Fio(directory, this::note);
    }

    /** All ids there are, in the order of the table. */
    public static List<String> ids() {
        return Rows.ALL.stream().map(Row::id).distinct().toList();
    }

    /** Measures the rows of the ids given, in the order of the table, or all of them without any. */
    public void run(List<String> ids) {
        List<String> wanted =
                ids.stream().map(id -> id.toUpperCase(Locale.ROOT)).toList();
        ours().forEach(this::noteBackend);
        for (Row row : Rows.ALL) {
            if (!isStopped() && (wanted.isEmpty() || wanted.contains(row.id()))) {
                run(row);
            }
        }
    }

    private void noteBackend(WalSubject log) {
        WalOptions options = log.options();
        try (Storage chosen = Backends.open(directory, options.pastPageCache(), options.backend())) {
            note(log.name() + " writes by " + chosen.backend().backend() + ": "
                    + chosen.backend().reason());
        } catch (IOException e) {
            note(log.name() + ": " + e.getMessage()); // so will each row say that fails for it
        }
    }

    private void run(Row row) {
        try {
            try {
                row.run(this, report);
            } finally {
                dropLogs();
            }
        } catch (IOException | RuntimeException e) {
            failed(row, "", e);
        }
    }

    /** Ends the row under way early, with the figures that it has, and begins no other. Any thread may call it. */
    public void stop() {
        stopped.countDown();
    }

    boolean isStopped() {
        return stopped.getCount() == 0;
    }

    CountDownLatch stopped() {
        return stopped;
    }

    Plan plan() {
        return plan;
    }

    /** Those of the subjects that are our own log. */
    List<WalSubject> ours() {
        return plan.subjects().stream()
                .filter(WalSubject.class::isInstance)
                .map(WalSubject.class::cast)
                .toList();
    }

    /** What fails because of a Ctrl-C is no failure. */
    void failed(Row row, String backend, Exception cause) {
        if (!isStopped()) {
            report.failed(row.id(), row.workload(), backend, cause);
        }
    }

    /** Once each. */
    void note(String text) {
        if (!isStopped() && noted.add(text)) {
            report.note(text);
        }
    }

    @Nullable
    Reference reference(Against what) {
        if (what == Against.NOTHING || isStopped()) {
            return null;
        }
        try {
            boolean _ = stopped.await(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return what.measure(fio, Duration.ofNanos(roundNanos()));
    }

    long warmUpNanos() {
        return plan.warmUp().toNanos();
    }

    long leadInNanos() {
        return Math.min(LEAD_IN_NANOS, roundNanos());
    }

    long roundNanos() {
        return plan.measured().toNanos() / ROUNDS;
    }

    Path newLogDirectory() throws IOException {
        return Files.createDirectory(directory.resolve("log-" + logs++));
    }

    long usableBytes() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    /** Removes the logs, which are closed. */
    private void dropLogs() throws IOException {
        List<Path> children;
        try (Stream<Path> all = Files.list(directory)) {
            children = all.filter(Files::isDirectory).toList();
        }
        for (Path child : children) {
            delete(child);
        }
    }

    static void delete(Path root) throws IOException {
        var paths = new ArrayList<Path>();
        try (Stream<Path> all = Files.walk(root)) {
            all.sorted(Comparator.reverseOrder()).forEach(paths::add);
        } catch (NoSuchFileException e) {
            return; // nothing left of it
        }
        for (Path path : paths) {
            Files.deleteIfExists(path);
        }
    }

    @Override
    public void close() throws IOException {
        delete(directory);
    }
}
