package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log on the real file system, with its real threads. */
class WalTest {
    private static final WalOptions SMALL = WalOptions.defaults().withSizes(1 << 20, 64 << 10, 1 << 20);

    @TempDir
    Path directory;

    @Test
    void whatWasAppendedIsThereAfterReopening() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThat(wal.append(batch("a", "b"))).isZero();
            assertThat(wal.append(batch("c"))).isEqualTo(2);
            assertThat(wal.durableLsn()).isEqualTo(3);
        }
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThat(wal.recoveryReport().clean()).isTrue();
            assertThat(contents(wal)).containsExactly("a", "b", "c");
            assertThat(text(wal.read(1))).isEqualTo("b");
            assertThat(wal.tag(2)).isEqualTo(7);
            assertThat(wal.append(batch("d"))).isEqualTo(3);
        }
    }

    @Test
    void manyThreadsAppendAtOnceAndEachGetsItsOwnLsn() throws Exception {
        int threads = 8;
        int each = 500;
        try (Wal wal = Wal.open(directory, SMALL);
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<List<Long>>> futures = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                Callable<List<Long>> task = () -> {
                    List<Long> lsns = new ArrayList<>();
                    for (int i = 0; i < each; i++) {
                        long lsn = wal.append(batch(thread + "-" + i + "x".repeat(1000)));
                        assertThat(text(wal.read(lsn))).startsWith(thread + "-" + i + "x");
                        lsns.add(lsn);
                    }
                    return lsns;
                };
                futures.add(pool.submit(task));
            }
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> future : futures) {
                assertThat(future.get()).isSorted();
                all.addAll(future.get());
            }
            assertThat(all).doesNotHaveDuplicates().hasSize(threads * each);
            assertThat(wal.stats().rolls()).isGreaterThan(2);
        }
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThat(contents(wal)).hasSize(threads * each);
        }
    }

    @Test
    void listenersHearOfWhatWasOnlyEnqueued() throws Exception {
        CountDownLatch durable = new CountDownLatch(1);
        try (Wal wal = Wal.open(directory, SMALL)) {
            wal.addDurableListener(new DurableListener() {
                @Override
                public void onDurable(long durableLsn) {
                    if (durableLsn == 100) {
                        durable.countDown();
                    }
                }

                @Override
                public void onPoisoned(WalException cause) {}
            });
            for (int i = 0; i < 100; i++) {
                assertThat(wal.enqueue(batch("r" + i))).isEqualTo(i);
            }
            assertThat(durable.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(wal.durableLsn()).isEqualTo(100);
        }
    }

    @Test
    void aTailWaitsForTheNextRecord() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL);
                TailCursor tail = wal.tail(0);
                ExecutorService pool = Executors.newSingleThreadExecutor()) {
            assertThat(tail.next(Duration.ofMillis(1))).isFalse();
            Future<Boolean> next = pool.submit(() -> tail.next(Duration.ofSeconds(30)));
            wal.append(batch("late"));
            assertThat(next.get()).isTrue();
            assertThat(text(tail.record())).isEqualTo("late");
        }
    }

    @Test
    void timesMayBeForEver() throws Exception {
        Duration forEver = ChronoUnit.FOREVER.getDuration();
        WalOptions options = SMALL.withSegmentAge(forEver)
                .withDurability(Durability.interval(forEver, 1 << 20))
                .withScrubbing(Scrubbing.every(forEver, 1 << 20));
        try (Wal wal = Wal.open(directory, options);
                TailCursor tail = wal.tail(0);
                ExecutorService pool = Executors.newSingleThreadExecutor()) {
            Future<Boolean> next = pool.submit(() -> tail.next(forEver));
            wal.append(batch("late"));
            assertThat(next.get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(text(tail.record())).isEqualTo("late");
        }
    }

    @Test
    void truncationMayCutABatch() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL)) {
            wal.append(batch("a", "b", "c"));
            wal.truncateAfter(0);
            assertThat(contents(wal)).containsExactly("a");
            assertThat(wal.append(batch("B"))).isEqualTo(1);
        }
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThat(contents(wal)).containsExactly("a", "B");
        }
    }

    @Test
    void trimDropsWholeSegmentsAndReadsBelowAreTyped() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL)) {
            for (int i = 0; i < 10; i++) {
                wal.append(batch("r" + i));
                wal.roll();
            }
            wal.trimBefore(5);
            assertThat(wal.startLsn()).isEqualTo(5);
            assertThatThrownBy(() -> wal.read(4)).isInstanceOf(WalTrimmedException.class);
            assertThatThrownBy(() -> wal.read(10)).isInstanceOf(WalRangeException.class);
            assertThat(wal.stats().segments()).isEqualTo(5);
            wal.reset(1000);
            assertThat(wal.append(batch("new"))).isEqualTo(1000);
        }
    }

    @Test
    void aCheckpointIsAdoptedByAnotherLog() throws Exception {
        Path checkpointDirectory = Files.createDirectory(directory.resolve("checkpoint"));
        Checkpoint checkpoint;
        try (Wal wal = Wal.open(directory.resolve("a"), SMALL)) {
            for (int i = 0; i < 3000; i++) {
                wal.enqueue(batch("r" + i + "x".repeat(1000)));
            }
            checkpoint = wal.checkpoint(checkpointDirectory);
        }
        List<Path> files = checkpoint.segments().stream()
                .map(Checkpoint.CheckpointSegment::path)
                .toList();
        try (Wal wal = Wal.open(directory.resolve("b"), SMALL)) {
            wal.append(batch("old"));
            wal.adopt(files, 2900);
            assertThat(contents(wal)).hasSize(2900);
            assertThat(wal.append(batch("next"))).isEqualTo(2900);
        }
        try (Wal wal = Wal.open(directory.resolve("b"), SMALL.withVerification(WalOptions.Verification.FULL))) {
            assertThat(contents(wal)).hasSize(2901);
            assertThat(text(wal.read(2900))).isEqualTo("next");
        }
    }

    @Test
    void adoptingDamagedSegmentsLeavesTheLogAsItWas() throws Exception {
        Path checkpointDirectory = Files.createDirectory(directory.resolve("checkpoint"));
        Checkpoint checkpoint;
        try (Wal wal = Wal.open(directory.resolve("a"), SMALL)) {
            wal.append(batch("good"));
            checkpoint = wal.checkpoint(checkpointDirectory);
        }
        Path file = checkpoint.segments().getFirst().path();
        byte[] bytes = Files.readAllBytes(file);
        bytes[4096 + 60] ^= 1;
        Path damaged = Files.write(directory.resolve("damaged"), bytes);
        try (Wal wal = Wal.open(directory.resolve("b"), SMALL)) {
            wal.append(batch("old"));
            assertThatThrownBy(() -> wal.adopt(List.of(damaged), 1)).isInstanceOf(WalCorruptException.class);
            assertThat(contents(wal)).containsExactly("old");
            wal.append(batch("goes on"));
        }
    }

    @Test
    void aSecondLogOnTheDirectoryIsRefused() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThatThrownBy(() -> Wal.open(directory, SMALL))
                    .isInstanceOf(WalLockedException.class)
                    .hasMessageContaining(directory + " is in use by this process");
            wal.append(batch("still works"));
        }
    }

    @Test
    void aBatchThatIsTooLargeIsRefusedAndTheLogGoesOn() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThatThrownBy(() -> wal.append(batch("x".repeat(64 << 10))))
                    .isInstanceOf(BatchTooLargeException.class);
            assertThat(wal.append(batch("small"))).isZero();
        }
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without such a check may do
    void aCallersMistakeIsRefusedAndTheLogGoesOn() throws Exception {
        List<Path> notAPath = new ArrayList<>();
        notAPath.add(null);
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThatThrownBy(() -> wal.checkpoint(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> wal.adopt(null, 1)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> wal.adopt(notAPath, 1)).isInstanceOf(NullPointerException.class);
            wal.append(batch("still works"));
            wal.truncateAfter(Long.MAX_VALUE);
            assertThat(contents(wal)).containsExactly("still works");
        }
    }

    @Test
    void aDirectoryThatCannotBeMadeIsToldWithItsReason() {
        Path system = Path.of("/proc");
        Path within = system.resolve("walnut");
        assumeThat(Files.isDirectory(system)).isTrue();
        assertThatThrownBy(() -> Wal.open(within, SMALL))
                .isInstanceOf(WalIoException.class)
                .hasMessageContaining("Exception: " + within);
    }

    @Test
    @SuppressWarnings("NullAway")
    void optionsThatAreMissingAreNamed() {
        assertThatThrownBy(() -> SMALL.withDurability(null)).hasMessage("durability");
        assertThatThrownBy(() -> SMALL.withCompression(null)).hasMessage("compression");
        assertThatThrownBy(() -> SMALL.withBackend(null)).hasMessage("backend");
        assertThatThrownBy(() -> SMALL.withScrubbing(null)).hasMessage("scrubbing");
        assertThatThrownBy(() -> SMALL.withObserver(null)).hasMessage("observer");
        assertThatThrownBy(() -> SMALL.withMaxBytesInFlight(5))
                .hasMessageContaining("between 147456 bytes (two batches of maxBatchBytes 65536) and 1 GiB, not 5");
    }

    @Test
    void durableBytesThatAreWrongAreReportedAndLeftAsTheyAre() throws Exception {
        try (Wal wal = Wal.open(directory, SMALL)) {
            wal.append(batch("one"));
            wal.append(batch("two"));
        }
        Path segment;
        try (var files = Files.list(directory)) {
            segment = files.filter(path -> path.toString().endsWith(".seg"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(segment);
        bytes[4096 + 50] ^= 1;
        Files.write(segment, bytes);

        assertThatThrownBy(() -> Wal.open(directory, SMALL.withVerification(WalOptions.Verification.FULL)))
                .isInstanceOf(WalCorruptException.class);
        assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
        try (Wal wal = Wal.open(directory, SMALL)) {
            assertThatThrownBy(() -> wal.read(0)).isInstanceOf(WalCorruptException.class);
            assertThat(text(wal.read(1))).isEqualTo("two");
        }
    }

    private static Batch batch(String... payloads) {
        Batch batch = new Batch();
        for (String payload : payloads) {
            batch.add(7, ByteBuffer.wrap(payload.getBytes(StandardCharsets.UTF_8)));
        }
        return batch;
    }

    private static String text(WalRecord record) {
        return StandardCharsets.UTF_8.decode(record.payload()).toString();
    }

    private static List<String> contents(Wal wal) throws WalException {
        List<String> contents = new ArrayList<>();
        try (Cursor cursor = wal.cursor(wal.startLsn())) {
            while (cursor.next()) {
                contents.add(text(cursor.record()));
            }
        }
        return contents;
    }
}
