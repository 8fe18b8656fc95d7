package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.Batch;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalPoisonedException;
import io.walnut.wal.io.Backend;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.logs.LogInfo;
import io.walnut.wal.logs.LogSettings;
import io.walnut.wal.logs.Result.Reason;
import io.walnut.wal.record.BatchView;
import io.walnut.wal.record.BatchWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LogStoreTest {
    @TempDir
    Path directory;

    private final AtomicLong nowMs = new AtomicLong(1_000);
    private Runnable onClock = () -> {};
    private final InstantSource clock = () -> {
        onClock.run();
        return Instant.ofEpochMilli(nowMs.get());
    };
    private LogStoreOptions options = LogStoreOptions.defaults()
            .withWal(WalOptions.defaults().withSizes(32 << 10, 12 << 10, 64 << 10))
            .withUpkeepEvery(Duration.ZERO)
            .withClock(clock);
    private LogStore store;

    @BeforeEach
    void open() throws IOException {
        store = LogStore.open(directory, options);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private void reopen() throws IOException {
        store.close();
        open();
    }

    static LogAppend batch(String log, String... records) {
        return LogAppend.of(
                log, records.length, ByteBuffer.wrap(String.join(",", records).getBytes(StandardCharsets.UTF_8)));
    }

    static List<String> contents(LogStore store, String log) throws IOException, RefusedException {
        List<String> contents = new ArrayList<>();
        LogReader reader = store.read(log, store.describe(log).orElseThrow().startOffset());
        for (StoredBatch batch = reader.next(); batch != null; batch = reader.next()) {
            contents.add(batch.baseOffset() + ":" + StandardCharsets.UTF_8.decode(batch.bytes()));
        }
        return contents;
    }

    @Test
    void theBackendIsTheOneOfTheOptions() {
        WalOptions throughThePageCache = options.wal().withPastPageCache(false).withBackend(Backend.IO_URING);
        assertThatThrownBy(() -> LogStore.open(directory.resolve("other"), options.withWal(throughThePageCache)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("io_uring is wanted");
    }

    @Test
    void aLogOfSomebodyElseIsRefusedAndStaysAsItIs() throws Exception {
        Path other = directory.resolve("other");
        try (Wal wal = Wal.open(other, options.wal())) {
            wal.append(Batch.of(7, ByteBuffer.allocate(10)));
        }
        assertThatThrownBy(() -> LogStore.open(other, options))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("LSN 0 has the tag 7, expected 1");
        try (Wal wal = Wal.open(other, options.wal())) {
            assertThat(wal.read(0).payload().remaining()).isEqualTo(10);
        }
    }

    @Test
    void aReaderMayWaitForEver() throws Exception {
        store.create("orders");
        LogReader reader = store.read("orders", 0);
        try (var pool = Executors.newSingleThreadExecutor()) {
            Future<StoredBatch> next = pool.submit(() -> reader.next(ChronoUnit.FOREVER.getDuration()));
            store.append(batch("orders", "late"));
            assertThat(next.get(30, TimeUnit.SECONDS).count()).isEqualTo(1);
        }
    }

    @Test
    @Timeout(30)
    void aReaderThatWaitsIsToldThatTheLogIsPoisoned() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        LogStore poisoned = LogStore.open(storage, options);
        try (var pool = Executors.newSingleThreadExecutor()) {
            try {
                poisoned.create("orders");
                LogReader reader = poisoned.read("orders", 0);
                CompletableFuture<Thread> waiter = new CompletableFuture<>();
                Future<StoredBatch> next = pool.submit(() -> {
                    waiter.complete(Thread.currentThread());
                    return reader.next(ChronoUnit.FOREVER.getDuration());
                });
                while (waiter.get().getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
                storage.refuse((ordinal, kind, name) -> {
                    if (kind == FaultyStorage.Kind.SYNC) {
                        throw new IOException("planted");
                    }
                });
                assertThatThrownBy(() -> poisoned.append(batch("orders", "lost")))
                        .isInstanceOf(WalPoisonedException.class);
                assertThatThrownBy(() -> next.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(WalPoisonedException.class);
                assertThatThrownBy(() -> reader.next(Duration.ofDays(1))).isInstanceOf(WalPoisonedException.class);
                assertThat(reader.next()).isNull();
            } finally {
                assertThatThrownBy(poisoned::close).isInstanceOf(WalPoisonedException.class); // wakes who waits
            }
        }
    }

    @Test
    void whatOnlyLooksLikeAnImageIsLeftAlone() throws Exception {
        store.create("orders");
        store.close();
        List<String> strays =
                List.of("a-copy-of-mine-00000.index", "-0000000000000000001.index", "99999999999999999999.index");
        for (String stray : strays) {
            Files.createFile(directory.resolve(stray));
        }
        open();
        store.append(batch("orders", "a"));
        reopen();
        assertThat(contents(store, "orders")).containsExactly("0:a");
        assertThat(strays).allMatch(stray -> Files.exists(directory.resolve(stray)));
    }

    @Test
    void aRecordWhoseTimeToLiveIsOverIsHiddenFromReaders() throws Exception {
        store.create("sessions");
        store.append(LogAppend.of(
                "sessions",
                new BatchWriter()
                        .put(new byte[] {1}, new byte[] {10}, List.of(), BatchWriter.BATCH_TIME, 500)
                        .put(new byte[] {2}, new byte[] {20})
                        .put(new byte[] {3}, new byte[] {30}, List.of(), BatchWriter.BATCH_TIME, 2_000)));
        assertThat(records("sessions")).containsExactly("0=10", "1=20", "2=30");
        nowMs.addAndGet(499);
        assertThat(records("sessions")).hasSize(3);
        nowMs.addAndGet(1);
        assertThat(records("sessions")).containsExactly("1=20", "2=30");
        nowMs.addAndGet(1_500);
        assertThat(records("sessions")).containsExactly("1=20");
        reopen();
        assertThat(records("sessions")).containsExactly("1=20");
        assertThat(store.append(batch("sessions", "x")).firstOffset()).isEqualTo(3);
    }

    private List<String> records(String log) throws Exception {
        List<String> records = new ArrayList<>();
        LogReader reader = store.read(log, 0);
        BatchView view = new BatchView();
        for (StoredBatch batch = reader.next(); batch != null; batch = reader.next()) {
            batch.records(view);
            while (view.next()) {
                records.add((batch.baseOffset() + view.ordinal()) + "="
                        + view.value().get(0));
            }
        }
        return records;
    }

    private static Reason refusal(Throwable failure) {
        return ((RefusedException) failure).reason();
    }

    @Test
    void whatWasAppendedIsReadAlsoAfterItWasOpenedAgain() throws Exception {
        store.create("a");
        store.create("b");
        assertThat(store.append(batch("a", "1", "2"))).isEqualTo(new Appended("a", 0, 2, 1_000, false, true));
        store.append(batch("b", "x"));
        nowMs.set(2_000);
        assertThat(store.append(batch("a", "3"))).isEqualTo(new Appended("a", 2, 3, 2_000, false, true));

        for (int i = 0; i < 3; i++) {
            assertThat(contents(store, "a")).containsExactly("0:1,2", "2:3");
            assertThat(contents(store, "b")).containsExactly("0:x");
            assertThat(store.list("", "", 10)).extracting(LogInfo::name).containsExactly("a", "b");
            reopen();
        }
    }

    @Test
    void aBatchForSeveralLogsIsInAllOfThemOrInNone() throws Exception {
        store.create("a");
        store.create("b");

        assertThat(store.append(List.of(batch("a", "1"), batch("b", "2"))))
                .extracting(Appended::firstOffset)
                .containsExactly(0L, 0L);
        store.seal("b");
        assertThatThrownBy(() -> store.append(List.of(batch("a", "3"), batch("b", "4"))))
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.LOG_SEALED));
        assertThat(contents(store, "a")).containsExactly("0:1");
        assertThatThrownBy(() -> store.append(List.of(batch("a", "3"), batch("a", "4"))))
                .isInstanceOf(RefusedException.class);
    }

    @Test
    void aBatchForSeveralLogsIsRecognisedInAllOfThemOrInNone() throws Exception {
        store.create("a");
        store.create("b");
        List<LogAppend> stamped =
                List.of(batch("a", "1").by(7, 0, 0), batch("b", "2").by(7, 0, 0));
        store.append(stamped);
        assertThat(store.append(stamped)).extracting(Appended::duplicate).containsExactly(true, true);

        // Repeated, it would be a duplicate in the one log, and appended to the other once more.
        List<LogAppend> mixed = List.of(batch("a", "3").by(7, 0, 1), batch("b", "4"));
        for (List<LogAppend> batches : List.of(mixed, mixed.reversed())) {
            assertThatThrownBy(() -> store.append(batches))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("to log 'b' has no producer, the one to log 'a' has");
        }
        assertThatThrownBy(() -> store.appendAsync(mixed)).isInstanceOf(IllegalArgumentException.class);
        assertThat(contents(store, "a")).containsExactly("0:1");
        assertThat(contents(store, "b")).containsExactly("0:2");
    }

    @Test
    void conditionsFencesAndRetriesHold() throws Exception {
        store.create("a");
        store.append(batch("a", "1").expecting(0).inEpoch(2));
        assertThatThrownBy(() -> store.append(batch("a", "2").expecting(0).inEpoch(2)))
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.OFFSET_MISMATCH));
        store.fence("a", 3);
        assertThatThrownBy(() -> store.append(batch("a", "2").inEpoch(2)))
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.FENCED));
        reopen();
        assertThatThrownBy(() -> store.append(batch("a", "2")))
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.FENCED));

        store.create("b");
        store.append(batch("b", "1").by(7, 0, 0));
        reopen();
        assertThat(store.append(batch("b", "1").by(7, 0, 0)).duplicate()).isTrue();
        assertThat(contents(store, "b")).containsExactly("0:1");
    }

    @Test
    void recordsAreFoundByTimeAndGoByAgeCountAndBytes() throws Exception {
        store.create("age", LogSettings.KEEP_ALL.withMaxAgeMs(250));
        store.create("count", LogSettings.KEEP_ALL.withMaxRecords(2));
        store.create("bytes", LogSettings.KEEP_ALL.withMaxBytes(3));
        store.create("idle", LogSettings.KEEP_ALL.withIdleSealMs(500));
        for (int i = 0; i < 5; i++) {
            nowMs.set(2_000 + i * 100);
            for (String log : List.of("age", "count", "bytes")) {
                store.append(batch(log, "" + i));
            }
        }
        assertThat(store.offsetAt("count", 2_400)).isEqualTo(4);
        assertThat(store.offsetAt("age", 2_101)).isEqualTo(2);
        assertThat(store.offsetAt("age", 9_999)).isEqualTo(5);

        store.upkeep();

        assertThat(contents(store, "age")).containsExactly("2:2", "3:3", "4:4");
        assertThat(contents(store, "count")).containsExactly("3:3", "4:4");
        assertThat(contents(store, "bytes")).containsExactly("2:2", "3:3", "4:4");
        assertThat(store.details("bytes").orElseThrow().bytes()).isEqualTo(3);
        assertThat(store.describe("idle").orElseThrow().sealed()).isTrue();
        assertThatThrownBy(() -> store.read("age", 0)).isInstanceOf(OffsetTrimmedException.class);
    }

    /** With many logs a round takes minutes: the look at all of them is old by then. */
    @Test
    void aLogThatIsAppendedToDuringTheRoundIsNotSealedAsIdle() throws Exception {
        LogSettings idle = LogSettings.KEEP_ALL.withIdleSealMs(100);
        store.create("first", idle);
        store.create("second", idle);
        nowMs.addAndGet(1_000);
        AtomicLong looks = new AtomicLong();
        onClock = () -> {
            if (looks.incrementAndGet() == 2) { // the first was the look at all logs
                CompletableFuture<Appended> _ = store.appendAsync(batch("second", "a"));
            }
        };
        store.upkeep();
        onClock = () -> {};
        assertThat(store.describe("first").orElseThrow().sealed()).isTrue();
        assertThat(store.describe("second").orElseThrow().sealed()).isFalse();
        nowMs.addAndGet(100);
        store.upkeep();
        assertThat(store.describe("second").orElseThrow().sealed()).isTrue();
    }

    @Test
    void cursorsAreRememberedUntilTheyAreRemoved() throws Exception {
        store.create("a");
        store.append(batch("a", "1", "2"));
        store.commitCursor("a", "reader", 1);
        reopen();
        assertThat(store.cursor("a", "reader")).contains(1L);
        assertThatThrownBy(() -> store.commitCursor("a", "reader", 3))
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.OFFSET_BEYOND_END));
        store.removeCursor("a", "reader");
        assertThat(store.cursor("a", "reader")).isEmpty();
    }

    @Test
    void aReaderThatWaitsGetsWhatComes() throws Exception {
        store.create("a");
        LogReader reader = store.read("a", 0);
        assertThat(reader.next(Duration.ofMillis(1))).isNull();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<StoredBatch> waiting = threads.submit(() -> reader.next(Duration.ofSeconds(20)));
            store.append(batch("a", "1"));
            assertThat(waiting.get(20, TimeUnit.SECONDS).baseOffset()).isZero();

            Future<StoredBatch> forTheEnd = threads.submit(() -> reader.next(Duration.ofSeconds(20)));
            store.seal("a");
            assertThat(forTheEnd.get(20, TimeUnit.SECONDS)).isNull();
        }
    }

    @Test
    void aReaderKnowsThatItsLogIsGone() throws Exception {
        store.create("a");
        store.append(batch("a", "1"));
        LogReader reader = store.read("a", 0);
        store.delete("a");
        store.create("a");

        assertThatThrownBy(reader::next).satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.LOG_NOT_FOUND));
    }

    @Test
    void appendsOfManyThreadsAreAllThereInTheirOrder() throws Exception {
        store.create("a");
        int threads = 16;
        int each = 50;
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int id = thread;
                all.add(executor.submit(() -> {
                    List<CompletableFuture<Appended>> mine = new ArrayList<>();
                    for (int i = 0; i < each; i++) {
                        if (i % 2 == 0) {
                            mine.add(store.appendAsync(batch("a", id + "/" + i)));
                        } else {
                            mine.add(CompletableFuture.completedFuture(store.append(batch("a", id + "/" + i))));
                        }
                    }
                    long last = -1;
                    for (CompletableFuture<Appended> future : mine) {
                        assertThat(future.get().firstOffset()).isGreaterThan(last);
                        last = future.get().firstOffset();
                    }
                    return null;
                }));
            }
            for (Future<?> future : all) {
                future.get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(contents(store, "a")).hasSize(threads * each).doesNotHaveDuplicates();
        List<String> before = contents(store, "a");
        reopen();
        assertThat(contents(store, "a")).isEqualTo(before);
    }

    @Test
    void anAsynchronousAppendThatIsRefusedFailsInItsFuture() throws Exception {
        assertThatThrownBy(() -> store.appendAsync(batch("a", "1")).get())
                .isInstanceOf(ExecutionException.class)
                .cause()
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.LOG_NOT_FOUND));
        store.create("a");
        store.seal("a");
        assertThatThrownBy(() -> store.appendAsync(batch("a", "1")).get())
                .cause()
                .satisfies(e -> assertThat(refusal(e)).isEqualTo(Reason.LOG_SEALED));
    }

    @Test
    void underAPolicyWithoutSyncsAppendsAreReadableAndSayThatTheyAreNotDurable() throws Exception {
        store.close();
        options = options.withWal(options.wal().withDurability(Durability.os()));
        open();
        store.create("a");

        assertThat(store.append(batch("a", "1")).durable()).isFalse();

        assertThat(contents(store, "a")).containsExactly("0:1");
        reopen();
        assertThat(contents(store, "a")).containsExactly("0:1");
    }

    @Test
    void spaceComesBackWhenNoLogNeedsIt() throws Exception {
        store.close();
        options = options.withImageEvery(10);
        open();
        store.create("a");
        store.create("b");
        store.append(batch("b", "first"));
        for (int i = 0; i < 40; i++) {
            store.append(LogAppend.of("a", 1, ByteBuffer.allocate(8 << 10)));
        }
        store.trim("a", 39);
        Path oldest = files(".seg").getFirst();
        store.upkeep();
        store.upkeep();
        assertThat(oldest).as("b needs it").exists();
        assertThat(contents(store, "b")).containsExactly("0:first");

        store.delete("b");
        for (int i = 0; i < 20; i++) { // two images on
            store.commitCursor("a", "c", i);
            store.upkeep();
        }
        assertThat(oldest).doesNotExist();
        assertThat(contents(store, "a")).hasSize(1);
        reopen();
        assertThat(contents(store, "a")).hasSize(1);
    }

    @Test
    void aDamagedImageIsPassedOverForTheOneBefore() throws Exception {
        store.create("a");
        store.append(batch("a", "1"));
        reopen();
        store.append(batch("a", "2"));
        store.close();
        List<Path> images = images();
        assertThat(images).hasSize(2);
        damage(images.getLast());
        open();
        assertThat(contents(store, "a")).containsExactly("0:1", "1:2");

        store.close();
        for (Path image : images()) {
            damage(image);
        }
        open(); // nothing was trimmed: all is replayed
        assertThat(contents(store, "a")).containsExactly("0:1", "1:2");
    }

    @Test
    void theWalKeepsWhatTheOlderImageNeeds() throws Exception {
        store.close();
        options = options.withImageEvery(7); // the last upkeep saves none
        open();
        store.create("a");
        for (int i = 0; i < 30; i++) {
            store.append(LogAppend.of("a", 1, ByteBuffer.allocate(8 << 10)));
            store.trim("a", i + 1);
            store.upkeep();
        }
        store.append(batch("a", "last"));
        store.close();
        damage(images().getLast());

        open();

        assertThat(contents(store, "a")).containsExactly("30:last");
    }

    @Test
    void withoutAGoodImageATrimmedWalIsRefused() throws Exception {
        store.close();
        options = options.withImageEvery(1);
        open();
        store.create("a");
        for (int i = 0; i < 30; i++) {
            store.append(LogAppend.of("a", 1, ByteBuffer.allocate(8 << 10)));
            store.trim("a", i);
            store.upkeep();
        }
        store.close();
        List<Path> images = images();
        for (Path image : images) {
            damage(image);
        }
        assertThatThrownBy(this::open).isInstanceOf(IndexLostException.class);
        for (Path image : images) {
            damage(image); // the same bit back
        }
        open();
        assertThat(contents(store, "a")).hasSize(1);
    }

    private List<Path> images() throws IOException {
        return files(".index");
    }

    private List<Path> files(String suffix) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Files.write(file, bytes);
    }

    @Test
    void aBatchThatCouldNotBeReadIsTheNextOneStill() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        try (LogStore own = LogStore.open(storage, options)) {
            own.create("a");
            for (String record : List.of("x", "y", "z")) {
                own.append(batch("a", record));
            }
            LogReader reader = own.read("a", 0);
            assertThat(Objects.requireNonNull(reader.next()).baseOffset()).isZero();
            storage.refuse((ordinal, kind, name) -> {
                if (kind == FaultyStorage.Kind.READ) {
                    throw new IOException("the cable is loose");
                }
            });
            assertThatThrownBy(reader::next).isInstanceOf(IOException.class);
            storage.refuse((ordinal, kind, name) -> {});
            assertThat(Objects.requireNonNull(reader.next()).baseOffset()).isEqualTo(1);
            assertThat(Objects.requireNonNull(reader.next()).baseOffset()).isEqualTo(2);
            assertThat(reader.next()).isNull();
        }
    }

    /** Of the two images that are kept, one may be damaged: one that is damaged already is neither. */
    @Test
    void aDamagedImageDoesNotTakeThePlaceOfAGoodOne() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        LogStoreOptions often = options.withImageEvery(1);
        Map<String, byte[]> files;
        try (LogStore own = LogStore.open(storage, often)) {
            own.create("a");
            own.upkeep();
            own.append(batch("a", "x"));
            own.upkeep();
            files = storage.contents();
        }
        damage(files, newestImage(files));
        storage = FaultyStorage.of(files);
        try (LogStore own = LogStore.open(storage, often)) {
            for (int i = 0; i < 3; i++) {
                own.trim("a", own.append(batch("a", "x".repeat(10_000))).nextOffset());
                own.append(batch("a", "y".repeat(10_000)));
                if (i == 0) {
                    own.upkeep();
                }
            }
            own.append(batch("a", "the last"));
            files = storage.contents();
        }
        damage(files, newestImage(files));
        try (LogStore own = LogStore.open(FaultyStorage.of(files), often)) {
            assertThat(contents(own, "a")).last().asString().endsWith("the last");
        }
    }

    private static String newestImage(Map<String, byte[]> files) {
        return files.keySet().stream()
                .filter(name -> name.endsWith(".index"))
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    private static void damage(Map<String, byte[]> files, String name) {
        byte[] bytes = Objects.requireNonNull(files.get(name));
        bytes[bytes.length - 1] ^= 1;
    }
}
