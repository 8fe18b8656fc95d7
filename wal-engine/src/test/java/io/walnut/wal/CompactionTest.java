package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.recovery.ScrubFinding;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A log out of which records are taken, through everything that reads it. */
class CompactionTest {
    private static final RecoveryListener NOBODY = progress -> true;
    private static final long ALL = Long.MAX_VALUE;

    private final FaultyStorage storage = new FaultyStorage();

    static List<Compression> ways() {
        return List.of(Compression.none(), Compression.lz4(), Compression.zstd(3));
    }

    /** Batches of several records, by LSN. */
    private static NavigableMap<Long, String> fill(Wal wal, int batches) throws WalException {
        Random random = new Random(batches);
        TreeMap<Long, String> records = new TreeMap<>();
        for (int i = 0; i < batches; i++) {
            String[] batch = new String[1 + random.nextInt(20)];
            for (int j = 0; j < batch.length; j++) {
                batch[j] = i + "." + j + " of some words, of some words ".repeat(random.nextInt(8));
            }
            long lsn = wal.append(Logs.batch(batch));
            for (String record : batch) {
                records.put(lsn++, record);
            }
        }
        return records;
    }

    /** One large batch after the other: segments have hardly any padding. */
    private static NavigableMap<Long, String> fillDensely(Wal wal) throws WalException {
        NavigableMap<Long, String> records = new TreeMap<>();
        for (int i = 0; i < 40; i++) {
            String[] batch = new String[11];
            Arrays.setAll(batch, j -> "x".repeat(1000));
            long lsn = wal.append(Logs.batch(batch));
            for (String record : batch) {
                records.put(lsn++, record);
            }
        }
        return records;
    }

    private static CompactionFilter oneIn(int n) {
        return record -> record.lsn() % n == 0;
    }

    private static void assertHolds(Wal wal, Map<Long, String> expected) throws WalException {
        TreeMap<Long, String> found = new TreeMap<>();
        try (Cursor cursor = wal.cursor(wal.startLsn())) {
            while (cursor.next()) {
                found.put(cursor.lsn(), Logs.text(cursor.record()));
            }
        }
        assertThat(found).isEqualTo(expected);
        for (long lsn = wal.startLsn(); lsn < wal.endLsn(); lsn++) {
            long at = lsn;
            if (expected.containsKey(lsn)) {
                assertThat(Logs.text(wal.read(lsn))).isEqualTo(expected.get(lsn));
                assertThat(wal.tag(lsn)).isEqualTo(7);
            } else {
                assertThatThrownBy(() -> wal.read(at)).isInstanceOfSatisfying(WalGapException.class, gap -> {
                    assertThat(gap.gap().kind()).isEqualTo(Gap.Kind.COMPACTED);
                    assertThat(gap.gap().lsns().from()).isLessThanOrEqualTo(at);
                    assertThat(gap.gap().lsns().to()).isGreaterThan(at);
                });
                assertThatThrownBy(() -> wal.tag(at)).isInstanceOf(WalGapException.class);
            }
        }
        assertGaps(wal, expected);
    }

    /** What is said to be missing is what is missing. */
    private static void assertGaps(Wal wal, Map<Long, String> expected) throws WalException {
        List<Long> missing = new ArrayList<>();
        try (Cursor cursor = wal.cursorOverGaps(wal.startLsn(), gap -> {
            assertThat(gap.kind()).isEqualTo(Gap.Kind.COMPACTED);
            for (long lsn = gap.lsns().from(); lsn < gap.lsns().to(); lsn++) {
                missing.add(lsn);
            }
        })) {
            while (cursor.next()) {
                assertThat(expected).containsKey(cursor.lsn());
            }
        }
        List<Long> wanted = new ArrayList<>();
        for (long lsn = wal.startLsn(); lsn < wal.endLsn(); lsn++) {
            if (!expected.containsKey(lsn)) {
                wanted.add(lsn);
            }
        }
        assertThat(missing).isEqualTo(wanted);
    }

    private Wal reopen(Wal wal, WalOptions options) throws WalException {
        wal.close();
        Wal opened = Wal.open(storage, options.withVerification(WalOptions.Verification.FULL));
        assertThat(opened.recoveryReport().corrupt()).isFalse();
        assertThat(opened.recoveryReport().holes()).isEmpty();
        return opened;
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whatTheFilterDoesNotKeepIsGoneAndTheRestHasItsLsn(Compression how) throws Exception {
        WalOptions options = Logs.inline().withCompression(how);
        Wal wal = Wal.open(storage, options);
        NavigableMap<Long, String> records = fill(wal, 120);
        wal.roll();
        int segments = wal.stats().segments();
        long bytes = wal.stats().bytesOnDisk();

        Compaction done = wal.compact(ALL, oneIn(3), NOBODY);

        int all = records.size();
        records.keySet().removeIf(lsn -> lsn % 3 != 0);
        assertHolds(wal, records);
        assertThat(done.recordsKept()).isEqualTo(records.size());
        assertThat(done.recordsDropped()).isEqualTo(all - records.size());
        assertThat(done.segmentsBefore()).isEqualTo(segments);
        assertThat(done.segmentsAfter()).isEqualTo(wal.stats().segments()).isLessThan(segments);
        assertThat(done.bytesBefore()).isEqualTo(bytes);
        assertThat(done.bytesAfter()).isEqualTo(wal.stats().bytesOnDisk()).isLessThan(bytes);

        long end = wal.endLsn();
        records.put(wal.append(Logs.batch("after")), "after");
        assertThat(records.lastKey()).isEqualTo(end);
        assertHolds(wal, records);
        wal = reopen(wal, options);
        assertHolds(wal, records);
        wal.close();
    }

    @Test
    void aCompactedLogIsCompactedAgain() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fill(wal, 120);
        wal.roll();
        for (int n : new int[] {2, 3, 5, 7, 1000}) {
            wal.compact(ALL, oneIn(n), NOBODY);
            records.keySet().removeIf(lsn -> lsn % n != 0);
            assertHolds(wal, records);
        }
        assertThat(wal.stats().segments()).isEqualTo(1);
        wal = reopen(wal, Logs.inline());
        assertHolds(wal, records);
        wal.close();
    }

    /** A scrub opens files by their names, and what is being written has had the name of another file before. */
    @Test
    void whatWasCompactedIsVerifiedWhileTheNextIsWritten(@TempDir Path directory) throws Exception {
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = Wal.open(directory, Logs.threads())) {
            fill(wal, 120);
            wal.roll();
            wal.compact(ALL, oneIn(2), NOBODY);
            fill(wal, 120);
            wal.roll();
            AtomicBoolean scrubbed = new AtomicBoolean();
            wal.compact(
                    ALL,
                    record -> {
                        if (Files.exists(directory.resolve(CompactedFile.TEMPORARY_NAME))
                                && !scrubbed.getAndSet(true)) {
                            try (Scrub scrub = wal.scrub(1L << 40, findings::add)) {
                                Logs.await(
                                        "a pass is done", () -> scrub.coverage().passes() > 0);
                            } catch (WalException e) {
                                throw new AssertionError(e);
                            }
                        }
                        return record.lsn() % 3 == 0;
                    },
                    NOBODY);
            assertThat(scrubbed).isTrue();
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void aLogOfWhichNothingIsLeftGoesOnWhereItEnded() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        fill(wal, 60);
        wal.roll();
        long end = wal.endLsn();
        wal.compact(ALL, record -> false, NOBODY);
        assertHolds(wal, Map.of());
        assertThat(wal.endLsn()).isEqualTo(end);
        try (TailCursor tail = wal.tail(0)) {
            assertThat(tail.next()).isFalse();
            assertThat(tail.nextLsn()).isEqualTo(end);
            assertThatThrownBy(tail::record).isInstanceOf(IllegalStateException.class);
            assertThat(wal.append(Logs.batch("first"))).isEqualTo(end);
            assertThat(tail.next()).isTrue();
            assertThat(tail.lsn()).isEqualTo(end);
        }
        wal = reopen(wal, Logs.inline());
        assertHolds(wal, Map.of(end, "first"));
        wal.close();
    }

    /** What comes is compacted away before it is read, again and again. */
    @Test
    void whoWaitsForARecordIsNotToldThatNoneCame() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> {
            try (TailCursor tail = wal.tail(0)) {
                while (tail.next(ChronoUnit.FOREVER.getDuration())) {
                    String text = Logs.text(tail.record());
                    if (!text.equals("gone")) {
                        return text;
                    }
                }
                return "none came";
            } catch (WalException | InterruptedException e) {
                throw new CompletionException(e);
            }
        });
        for (int i = 0; i < 1_000 && !read.isDone(); i++) {
            wal.append(Logs.batch("gone"));
            wal.roll();
            wal.compact(ALL, record -> false, NOBODY);
        }
        wal.append(Logs.batch("last"));
        assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo("last");
        wal.close();
    }

    @Test
    void whatIsLeftAsItIsIsNotWrittenAgain() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fillDensely(wal);
        wal.roll();
        int before = wal.stats().segments();
        long firstEnd = Objects.requireNonNull(records.firstKey());
        Compaction done = wal.compact(ALL, record -> record.lsn() != firstEnd, NOBODY);
        records.remove(firstEnd);
        assertHolds(wal, records);
        assertThat(done.segmentsAfter()).isEqualTo(before);
        assertThat(wal.stats().segments()).isEqualTo(before);
        List<String> names = storage.list();
        wal.compact(ALL, record -> true, NOBODY);
        assertThat(storage.list()).containsExactlyInAnyOrderElementsOf(names);
        wal.close();
    }

    @Test
    void smallSegmentsBecomeFewAndNothingIsLost() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        TreeMap<Long, String> records = new TreeMap<>();
        for (int i = 0; i < 20; i++) {
            records.put(wal.append(Logs.batch("record " + i)), "record " + i);
            wal.roll();
        }
        wal.append(Logs.batch("the last"));
        records.put(20L, "the last");
        assertThat(wal.compact(ALL, record -> true, NOBODY).segmentsAfter()).isEqualTo(1);
        assertThat(wal.stats().segments()).isEqualTo(2);
        assertHolds(wal, records);
        wal = reopen(wal, Logs.inline());
        assertHolds(wal, records);
        wal.close();
    }

    @Test
    void segmentsThatReachBeyondTheEndThatWasGivenStayAsTheyAre() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        for (int i = 0; i < 4; i++) {
            wal.append(Logs.batch("a" + i, "b" + i));
            wal.roll();
        }
        wal.compact(5, record -> false, NOBODY);
        assertHolds(wal, Map.of(4L, "a2", 5L, "b2", 6L, "a3", 7L, "b3"));
        wal.close();
    }

    @Test
    void aCompactedLogIsTrimmedTruncatedCheckpointedAdoptedAndReplayed() throws Exception {
        WalOptions options = Logs.inline();
        Wal wal = Wal.open(storage, options);
        NavigableMap<Long, String> records = fill(wal, 120);
        wal.roll();
        wal.compact(ALL, oneIn(4), NOBODY);
        records.keySet().removeIf(lsn -> lsn % 4 != 0);

        wal.trimBefore(41);
        records.headMap(41L).clear();
        assertHolds(wal, records);
        long cut = wal.endLsn() - 30;
        wal.truncateAfter(cut);
        records.tailMap(cut, false).clear();
        assertHolds(wal, records);
        for (String more : List.of("x", "y", "z")) {
            records.put(wal.append(Logs.batch(more)), more);
        }
        assertHolds(wal, records);
        wal = reopen(wal, options);
        assertHolds(wal, records);

        Map<Long, String> replayed = new TreeMap<>();
        wal.replay(wal.startLsn(), wal.endLsn(), 2, piece -> record -> {
            synchronized (replayed) {
                assertThat(record.lsn()).isBetween(piece.from(), piece.to() - 1);
                replayed.put(record.lsn(), Logs.text(record.record()));
            }
        });
        assertThat(replayed).isEqualTo(records);

        Checkpoint made = wal.checkpoint(Path.of("/checkpoint"));
        wal.compact(ALL, record -> false, NOBODY);
        assertHolds(wal, Map.of());
        wal.adopt(
                made.segments().stream().map(Checkpoint.CheckpointSegment::path).toList(), made.endLsn());
        wal.trimBefore(41);
        assertHolds(wal, records);
        wal = reopen(wal, options);
        assertHolds(wal, records);
        wal.close();
    }

    @Test
    void aCursorInASegmentReadsItAsItWasAndGoesOnInWhatTookItsPlace() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        fill(wal, 60);
        wal.roll();
        try (Cursor cursor = wal.cursor(0)) {
            assertThat(cursor.next()).isTrue();
            long end = wal.endLsn();
            wal.compact(ALL, record -> record.lsn() == end - 1, NOBODY);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.lsn()).isEqualTo(1);
            long last = cursor.lsn();
            while (cursor.next()) {
                last = cursor.lsn();
            }
            assertThat(last).isEqualTo(end - 1);
        }
        wal.close();
    }

    private static Map<String, ByteBuffer> buffers(Map<String, byte[]> files) {
        Map<String, ByteBuffer> buffers = new TreeMap<>();
        files.forEach((name, bytes) -> buffers.put(name, ByteBuffer.wrap(bytes)));
        return buffers;
    }

    @Test
    void damageIsRefusedAndNothingIsChanged() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        fill(wal, 60);
        wal.close();
        Map<String, byte[]> files = storage.contents();
        Objects.requireNonNull(files.get(Segment.name(0)))[3 * 4096 + 60] ^= 1;
        FaultyStorage damaged = FaultyStorage.of(files);
        Wal again = Wal.open(damaged, Logs.inline());
        Map<String, byte[]> before = damaged.contents();
        assertThatThrownBy(() -> again.compact(ALL, oneIn(2), NOBODY)).isInstanceOf(WalCorruptException.class);
        assertThat(buffers(damaged.contents())).isEqualTo(buffers(before));
        again.close();
    }

    @Test
    void withoutRoomNothingIsChangedAndTheLogGoesOn() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fill(wal, 60);
        wal.roll();
        storage.refuse((ordinal, kind, name) -> {
            if (name.startsWith(CompactedFile.TEMPORARY_NAME) && kind == FaultyStorage.Kind.WRITE) {
                throw new StorageFullException(name, new IOException("No space left on device"));
            }
        });
        assertThatThrownBy(() -> wal.compact(ALL, oneIn(2), NOBODY)).isInstanceOf(WalStorageFullException.class);
        assertThat(storage.list()).doesNotContain(CompactedFile.TEMPORARY_NAME);
        assertHolds(wal, records);
        records.put(wal.append(Logs.batch("more")), "more");
        storage.refuse((ordinal, kind, name) -> {});
        wal.roll();
        wal.compact(ALL, oneIn(2), NOBODY);
        records.keySet().removeIf(lsn -> lsn % 2 != 0);
        assertHolds(wal, records);
        wal.close();
    }

    @Test
    void aListenerOrAnInterruptEndsItAndWhatWasDoneStaysDone() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fillDensely(wal);
        wal.roll();
        CompactionFilter most = record -> record.lsn() % 10 != 1;
        List<Long> ends = new ArrayList<>();
        assertThatThrownBy(() -> wal.compact(ALL, most, progress -> {
                    ends.add(progress.bytesDone());
                    assertThat(progress.bytesDone()).isLessThanOrEqualTo(progress.bytesTotal());
                    return progress.segmentsDone() < 3;
                }))
                .isInstanceOf(CancellationException.class);
        assertThat(ends).hasSize(3);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> wal.compact(ALL, most, NOBODY)).isInstanceOf(InterruptedException.class);
        assertThat(storage.list()).doesNotContain(CompactedFile.TEMPORARY_NAME);
        List<Long> left = new ArrayList<>();
        try (Cursor cursor = wal.cursor(0)) {
            while (cursor.next()) {
                left.add(cursor.lsn());
            }
        }
        assertThat(left).hasSizeLessThan(records.size());
        wal.compact(ALL, most, NOBODY);
        records.keySet().removeIf(lsn -> lsn % 10 == 1);
        assertHolds(wal, records);
        wal.close();
    }

    @Test
    void aFilterThatThrowsChangesNothing() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fill(wal, 60);
        wal.roll();
        assertThatThrownBy(() -> wal.compact(
                        ALL,
                        record -> {
                            throw new IllegalStateException("a defect");
                        },
                        NOBODY))
                .hasMessage("a defect");
        assertHolds(wal, records);
        wal.append(Logs.batch("more"));
        wal.close();
    }

    @Test
    void whatIsTrimmedOrTruncatedMeanwhileIsLookedAtAnew() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fill(wal, 120);
        wal.roll();
        boolean[] changed = {false};
        long cut = wal.endLsn() - 5;
        wal.compact(
                ALL,
                record -> {
                    if (!changed[0] && record.lsn() == 300) {
                        changed[0] = true;
                        wal.trimBefore(250);
                        wal.truncateAfter(cut);
                    }
                    return record.lsn() % 2 == 0;
                },
                NOBODY);
        records.headMap(250L).clear();
        records.tailMap(cut, false).clear();
        records.keySet().removeIf(lsn -> lsn % 2 != 0);
        assertHolds(wal, records);
        reopen(wal, Logs.inline()).close();
    }

    @Test
    void closingTheLogEndsItAndWaitsForThat() throws Exception {
        Wal wal = Wal.open(storage, Logs.threads());
        fill(wal, 120);
        wal.roll();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<Throwable> thrown = new ArrayList<>();
        Thread compacts = Thread.ofPlatform().start(() -> {
            try {
                wal.compact(
                        ALL,
                        record -> {
                            begun.countDown();
                            try {
                                goOn.await();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                            return false;
                        },
                        NOBODY);
            } catch (Exception e) {
                thrown.add(e);
            }
        });
        begun.await();
        Thread closes = Thread.ofPlatform().start(() -> {
            try {
                wal.close();
            } catch (WalException e) {
                thrown.add(e);
            }
        });
        Logs.await("the compaction is told", () -> isClosed(wal));
        goOn.countDown();
        compacts.join();
        closes.join();
        assertThat(thrown).singleElement().isInstanceOf(WalClosedException.class);
        try (Wal again = Wal.open(storage, Logs.threads())) {
            assertThat(again.recoveryReport().clean()).isTrue();
        }
    }

    private static boolean isClosed(Wal wal) {
        try {
            wal.append(Logs.batch("x"));
            return false;
        } catch (WalClosedException e) {
            return true;
        } catch (WalException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void appendsAndReadsGoOnMeanwhile() throws Exception {
        Wal wal = Wal.open(storage, Logs.threads());
        NavigableMap<Long, String> records = fill(wal, 120);
        wal.roll();
        Random random = new Random(3);
        TreeMap<Long, String> later = new TreeMap<>();
        wal.compact(
                ALL,
                record -> {
                    if (record.lsn() % 20 == 0 && later.size() < 200) {
                        String more = "more ".repeat(200);
                        later.put(wal.append(Logs.batch(more)), more);
                        long lsn = record.lsn() + random.nextInt(20);
                        if (lsn % 3 == 0 && lsn < record.lsn() + 20 && records.containsKey(lsn)) {
                            assertThat(Logs.text(wal.read(lsn))).isEqualTo(records.get(lsn));
                        }
                    }
                    return record.lsn() % 3 == 0 || later.containsKey(record.lsn());
                },
                NOBODY);
        records.keySet().removeIf(lsn -> lsn % 3 != 0);
        records.putAll(later);
        assertHolds(wal, records);
        Wal again = reopen(wal, Logs.threads());
        assertHolds(again, records);
        again.close();
    }

    @Test
    void damageInACompactedSegmentIsAHoleAndWhatWasCompactedAwayIsNot() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        NavigableMap<Long, String> records = fill(wal, 120);
        wal.roll();
        wal.compact(ALL, oneIn(3), NOBODY);
        records.keySet().removeIf(lsn -> lsn % 3 != 0);
        Path first = wal.checkpoint(Path.of("/copy")).segments().getFirst().path();
        String name = String.valueOf(first.getFileName());
        wal.close();
        Map<String, byte[]> files = storage.contents();
        Map<String, byte[]> good = FaultyStorage.of(files).contents();
        Objects.requireNonNull(files.get(name))[2 * 4096 + 100] ^= 1;
        assertThatThrownBy(() ->
                        Wal.open(FaultyStorage.of(files), Logs.inline().withVerification(WalOptions.Verification.FULL)))
                .isInstanceOf(WalCorruptException.class);

        FaultyStorage mended = FaultyStorage.of(files);
        RecoveryPolicy quarantine = RecoveryPolicy.defaults().withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE);
        WalOptions full = Logs.inline().withVerification(WalOptions.Verification.FULL);
        Wal.open(mended, full.withRecovery(quarantine)).close();
        try (Wal again = Wal.open(mended, full)) {
            assertThat(again.recoveryReport().holes()).hasSize(1);
            long from = again.recoveryReport().holes().getFirst().fromLsn();
            long to = again.recoveryReport().holes().getFirst().toLsn();
            assertThat(to - from).isBetween(1L, 40L);
            List<Gap> lost = new ArrayList<>();
            TreeMap<Long, String> found = new TreeMap<>();
            try (Cursor cursor = again.cursorOverGaps(0, gap -> {
                if (gap.kind() == Gap.Kind.LOST) {
                    lost.add(gap);
                }
            })) {
                while (cursor.next()) {
                    found.put(cursor.lsn(), Logs.text(cursor.record()));
                }
            }
            assertThat(lost).containsExactly(new Gap(new LsnRange(from, to), Gap.Kind.LOST));
            TreeMap<Long, String> kept = new TreeMap<>(records);
            kept.subMap(from, to).clear();
            assertThat(found).isEqualTo(kept);
            assertThatThrownBy(() -> Logs.contents(again)).isInstanceOf(WalGapException.class);
            // A compaction leaves the hole a hole.
            again.compact(ALL, record -> record.lsn() % 6 == 0, NOBODY);
            assertThatThrownBy(() -> again.read(from))
                    .isInstanceOfSatisfying(
                            WalGapException.class, gap -> assertThat(gap.gap()).isEqualTo(lost.getFirst()));
        }
        Wal.open(mended, full).close();

        FaultyStorage repaired = FaultyStorage.of(files);
        try (Wal again =
                Wal.open(repaired, full.withRecovery(RecoveryPolicy.defaults().withCopies(FaultyStorage.of(good))))) {
            assertThat(again.recoveryReport().holes()).isEmpty();
            assertHolds(again, records);
        }
    }

    @Test
    void aPoisonedLogIsNotCompacted() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        fill(wal, 10);
        storage.refuse((ordinal, kind, name) -> {
            if (kind == FaultyStorage.Kind.SYNC) {
                throw new IOException("broken");
            }
        });
        assertThatThrownBy(() -> wal.append(Logs.batch("x"))).isInstanceOf(WalPoisonedException.class);
        assertThatThrownBy(() -> wal.compact(ALL, record -> true, NOBODY)).isInstanceOf(WalPoisonedException.class);
    }
}
