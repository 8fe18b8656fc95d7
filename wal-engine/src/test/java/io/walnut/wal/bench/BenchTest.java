package io.walnut.wal.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.walnut.wal.WalOptions;
import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Round;
import io.walnut.wal.bench.RowResult.Unit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The harness counts what was done, holds it against what was measured beside it, and lets no failure hide another log. */
class BenchTest {
    private static final Duration SHORT = Duration.ofMillis(60);

    @TempDir
    Path directory;

    private final List<RowResult> results = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private final Report report = new Report() {
        @Override
        public void measured(RowResult result) {
            results.add(result);
        }

        @Override
        public void failed(String row, String workload, String backend, Exception cause) {
            failures.add(row + " " + backend + " " + cause.getMessage());
        }

        @Override
        public void note(String text) {
            notes.add(text);
        }
    };

    /** Counts what it is given; breaks after so many. */
    private static final class Counting implements Subject {
        private final String name;
        private final long breaksAfter;
        private final AtomicLong appended = new AtomicLong();

        Counting(String name, long breaksAfter) {
            this.name = name;
            this.breaksAfter = breaksAfter;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String description() {
            return "counts";
        }

        @Override
        public boolean supports(boolean durable) {
            return !durable;
        }

        @Override
        public Log open(Path where, boolean durable, int writers) throws IOException {
            Files.createFile(where.resolve("something"));
            return new Log() {
                @Override
                public Writer writer(ByteBuffer record, int count) {
                    return new Writer() {
                        @Override
                        public void append() {
                            throw new AssertionError("the row does not wait for the disk");
                        }

                        @Override
                        public void enqueue() throws IOException {
                            if (appended.addAndGet(count) > breaksAfter) {
                                throw new IOException("broken");
                            }
                        }
                    };
                }

                @Override
                public void close() {}
            };
        }
    }

    @Test
    void aLogThatFailsIsReportedAndTheOthersAreMeasured() throws IOException {
        Counting good = new Counting("good", Long.MAX_VALUE);
        Counting bad = new Counting("bad", 5_000);
        try (Bench bench = bench(good, bad)) {
            bench.run(List.of("a5"));
        }
        assertThat(failures).containsExactly("A5 bad broken");
        assertThat(results).hasSize(1);
        RowResult result = results.getFirst();
        assertThat(result.backend()).isEqualTo("good");
        assertThat(result.rounds()).hasSize(Bench.ROUNDS);
        assertThat(result.bytesPerSecond()).isCloseTo(result.opsPerSecond() * 64, within(1.0));
        assertThat(result.latencies().getTotalCount() * 1_000).isPositive().isLessThanOrEqualTo(good.appended.get());
        assertThat(left()).isEmpty();
    }

    @Test
    void aLogHasNoPartInRowsItDoesNotSupport() throws IOException {
        try (Bench bench = bench(new Counting("good", Long.MAX_VALUE))) {
            bench.run(List.of("A1"));
        }
        assertThat(results).isEmpty();
        assertThat(failures).isEmpty();
    }

    @Test
    void aRunThatIsStoppedHasWhatItHasAndRemovesItsFiles() throws Exception {
        Counting good = new Counting("good", Long.MAX_VALUE);
        try (Bench bench = new Bench(
                directory, new Bench.Plan(List.of(good), Duration.ZERO, Duration.ofMinutes(30), false), report)) {
            Thread run = Thread.ofPlatform().start(() -> bench.run(List.of("A5")));
            while (good.appended.get() < 1_000_000) { // past the lead-in, or soon
                Thread.onSpinWait();
            }
            bench.stop();
            run.join(TimeUnit.SECONDS.toMillis(10));
            assertThat(run.isAlive()).isFalse();
        }
        assertThat(failures).isEmpty();
        assertThat(results).hasSizeLessThanOrEqualTo(1);
        assertThat(left()).isEmpty();
    }

    @Test
    void aDirectoryThatIsNotThereIsNotMade() {
        Path typo = directory.resolve("typo");
        var plan = new Bench.Plan(List.of(), SHORT, SHORT, false);
        assertThatThrownBy(() -> new Bench(typo, plan, report))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no directory " + typo);
        assertThat(typo).doesNotExist();
    }

    @Test
    void ourLogIsMeasured() throws IOException {
        try (Bench bench = bench(new WalSubject("walnut", WalOptions.defaults()))) {
            bench.run(List.of("A5", "A13", "A15"));
        }
        assertThat(failures).isEmpty();
        assertThat(results).extracting(RowResult::row).containsExactly("A5", "A13", "A15", "A15");
        assertThat(notes).first().asString().contains("walnut writes by ");
        assertThat(results)
                .allSatisfy(result -> assertThat(result.opsPerSecond()).isPositive());
    }

    @Test
    void aLogThatIsSlowToBeginIsMeasuredAllTheSame() throws IOException {
        List<Subject> ours = List.of(new WalSubject("walnut", WalOptions.defaults()));
        Duration overAtOnce = Duration.ofNanos(Bench.ROUNDS);
        try (Bench bench = new Bench(directory, new Bench.Plan(ours, Duration.ZERO, overAtOnce, false), report)) {
            bench.run(List.of("A5", "A15"));
        }
        assertThat(failures).isEmpty();
        assertThat(results).extracting(RowResult::row).containsExactly("A5", "A15", "A15");
    }

    @Test
    void aRoundEndsWithItsTimeAndCountsEachOperationOnce() throws IOException {
        AtomicLong done = new AtomicLong();
        Trial trial = new Trial(2, true, 0, new CountDownLatch(1), thread -> done::incrementAndGet);
        assertThat(trial.round(0, SHORT.toNanos())).isPositive();
        assertThat(trial.hasMeasured()).isTrue();
        assertThat(trial.measured().latencies().getTotalCount()).isEqualTo(done.get());
    }

    @Test
    void theRatioIsThatOfTheMedians() {
        RowResult result = result(
                new Round(100, new Reference("fio", 50, Unit.OPS_PER_SECOND)),
                new Round(300, new Reference("fio", 100, Unit.OPS_PER_SECOND)),
                new Round(200, new Reference("fio", 400, Unit.OPS_PER_SECOND)));
        assertThat(result.ratio()).isEqualTo(2.0);
        assertThat(result.ratios()).containsExactly(2.0, 3.0, 0.5);
    }

    @Test
    void theRatioOfBytesCountsBytes() {
        RowResult result = result(
                new Round(100, new Reference("fio", 1_000, Unit.BYTES_PER_SECOND)),
                new Round(200, new Reference("fio", 1_000, Unit.BYTES_PER_SECOND)),
                new Round(300, new Reference("fio", 4_000, Unit.BYTES_PER_SECOND)));
        assertThat(result.ratio()).isEqualTo(2.0);
        assertThat(result.ratios()).containsExactly(1.0, 2.0, 0.75);
    }

    @Test
    void withoutAReferenceThereIsNoRatio() {
        RowResult result = result(new Round(200, null), new Round(200, null), new Round(200, null));
        assertThat(result.ratio()).isNaN();
        assertThat(result.ratios()).isEmpty();
    }

    /** 200 operations a second of 10 bytes. */
    private static RowResult result(Round... rounds) {
        return new RowResult(
                "A1",
                "work",
                "log",
                200,
                2_000,
                new Histogram(1),
                List.of(),
                0,
                List.of(rounds),
                RowResult.median(List.of(rounds)));
    }

    private Bench bench(Subject... subjects) throws IOException {
        return new Bench(directory, new Bench.Plan(List.of(subjects), SHORT, SHORT, false), report);
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.toList();
        }
    }
}
