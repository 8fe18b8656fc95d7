package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.recovery.Hole;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.recovery.RecoveryPolicy.OnCorruption;
import io.walnut.wal.recovery.RecoveryProgress;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Damage, an open that is told what to do about it, and what the log holds then. */
class QuarantineTest {
    private static final int BLOCK = 4096;
    private static final int RECORDS = 12;
    private static final String FIRST = Segment.name(0);
    private static final String SECOND = Segment.name(1);
    private static final String LAST = Segment.name(2);

    /** A change of the files of a log. */
    private interface Harm {
        void to(Map<String, byte[]> files);
    }

    /**
     * Of a log with the LSNs 0..5, 5..10 and 10..12 in a segment each, a block a record: a damage, and what is lost by it.
     *
     * @param closed whether the log was closed in order; else the last segment is not sealed
     * @param lost LSNs
     * @param verdict of the file, null where it gets none
     * @param endLsn where the log ends
     */
    private record Row(
            String name,
            boolean closed,
            Harm harm,
            String file,
            @Nullable Verdict verdict,
            List<Long> lost,
            long endLsn) {}

    private static final List<Row> ROWS = List.of(
            new Row("nothing", true, files -> {}, FIRST, Verdict.SEALED, List.of(), RECORDS),
            new Row(
                    "one frame",
                    true,
                    files -> flip(files, FIRST, 3 * BLOCK + 50),
                    FIRST,
                    Verdict.SEALED_DAMAGED,
                    List.of(2L),
                    RECORDS),
            new Row(
                    "two frames",
                    true,
                    files -> {
                        flip(files, SECOND, BLOCK + 50);
                        flip(files, SECOND, 4 * BLOCK + 50);
                    },
                    SECOND,
                    Verdict.SEALED_DAMAGED,
                    List.of(5L, 8L),
                    RECORDS),
            new Row(
                    "the header alone",
                    true,
                    files -> flip(files, SECOND, 20),
                    SECOND,
                    Verdict.SEALED_DAMAGED,
                    List.of(),
                    RECORDS),
            new Row(
                    "the footer alone",
                    true,
                    files -> flip(files, SECOND, bytes(files, SECOND).length - 20),
                    SECOND,
                    Verdict.SEALED_DAMAGED,
                    List.of(),
                    RECORDS),
            new Row(
                    "a whole file",
                    true,
                    files -> files.remove(SECOND),
                    SECOND,
                    Verdict.MISSING,
                    List.of(5L, 6L, 7L, 8L, 9L),
                    RECORDS),
            new Row(
                    "all bytes",
                    true,
                    files -> Arrays.fill(bytes(files, FIRST), (byte) 0),
                    FIRST,
                    Verdict.SEALED_DAMAGED,
                    List.of(0L, 1L, 2L, 3L, 4L),
                    RECORDS),
            new Row(
                    "the tail, before a record that proves it",
                    false,
                    files -> flip(files, LAST, BLOCK + 50),
                    LAST,
                    Verdict.CORRUPT,
                    List.of(10L),
                    RECORDS),
            new Row(
                    "the header of the tail",
                    false,
                    files -> flip(files, LAST, 20),
                    LAST,
                    Verdict.CORRUPT,
                    List.of(),
                    RECORDS));

    @TestFactory
    Stream<DynamicTest> whatIsGoodIsKeptAndWhatIsLostIsAHole() {
        return ROWS.stream().map(row -> DynamicTest.dynamicTest(row.name, () -> check(row)));
    }

    private static void check(Row row) throws Exception {
        Map<String, byte[]> files = log(row.closed);
        row.harm.to(files);
        byte[] evidence = files.get(row.file);
        boolean harmed = row.verdict != Verdict.SEALED;
        if (harmed) {
            assertThatThrownBy(() -> open(files, OnCorruption.FAIL)).isInstanceOf(WalCorruptException.class);
        }
        FaultyStorage storage = FaultyStorage.of(files);
        try (Wal wal = Wal.open(storage, full(OnCorruption.QUARANTINE))) {
            assertHolds(wal, row.lost, row.endLsn);
            assertThat(wal.recoveryReport().holes().stream()
                            .mapToLong(hole -> hole.toLsn() - hole.fromLsn())
                            .sum())
                    .isEqualTo(row.lost.size());
            assertThat(wal.recoveryReport().segments()).anyMatch(finding -> finding.verdict() == row.verdict);
            assertThat(wal.append(Logs.batch("next"))).isEqualTo(row.endLsn);
        }
        if (harmed) {
            assertThat(storage.contents()).containsKey(row.file + ".report").doesNotContainKey(row.file);
            assertThat(storage.contents().get(row.file + ".quarantined")).isEqualTo(evidence);
        }
        try (Wal again = open(storage.contents(), OnCorruption.FAIL)) { // the holes are known now
            assertThat(again.recoveryReport().corrupt()).isFalse();
            assertThat(again.recoveryReport().holes()).hasSameSizeAs(ranges(row.lost));
        }
    }

    private static List<Hole> ranges(List<Long> lost) {
        List<Hole> holes = new ArrayList<>();
        for (long lsn : lost) {
            if (!holes.isEmpty() && holes.getLast().toLsn() == lsn) {
                holes.set(holes.size() - 1, new Hole(holes.getLast().fromLsn(), lsn + 1));
            } else {
                holes.add(new Hole(lsn, lsn + 1));
            }
        }
        return holes;
    }

    private static void assertHolds(Wal wal, List<Long> lost, long endLsn) throws WalException {
        assertThat(wal.endLsn()).isEqualTo(endLsn);
        List<Long> seen = new ArrayList<>();
        List<Gap> skipped = new ArrayList<>();
        try (Cursor cursor = wal.cursorOverGaps(0, skipped::add)) {
            while (cursor.next()) {
                seen.add(cursor.lsn());
                assertThat(Logs.text(cursor.record())).isEqualTo(record((int) cursor.lsn()));
            }
        }
        List<Long> kept = new ArrayList<>();
        for (long lsn = 0; lsn < endLsn; lsn++) {
            long at = lsn;
            if (lost.contains(lsn)) {
                assertThatThrownBy(() -> wal.read(at)).isInstanceOfSatisfying(WalGapException.class, gap -> {
                    assertThat(gap.gap().lsns().from()).isLessThanOrEqualTo(at);
                    assertThat(gap.gap().lsns().to()).isGreaterThan(at);
                });
            } else {
                kept.add(lsn);
                assertThat(Logs.text(wal.read(lsn))).isEqualTo(record((int) lsn));
            }
        }
        assertThat(seen).isEqualTo(kept);
        assertThat(skipped.stream()
                        .map(gap -> new Hole(gap.lsns().from(), gap.lsns().to())))
                .isEqualTo(ranges(lost));
    }

    @TestFactory
    Stream<DynamicTest> aReplayDoesNotPassOverWhatIsLost() {
        return ROWS.stream()
                .map(row -> DynamicTest.dynamicTest(row.name, () -> {
                    Map<String, byte[]> files = log(row.closed);
                    row.harm.to(files);
                    try (Wal wal = open(files, OnCorruption.QUARANTINE)) {
                        Set<Long> seen = ConcurrentHashMap.newKeySet();
                        long from = 0;
                        for (Hole hole : ranges(row.lost)) {
                            long at = from;
                            assertThatThrownBy(() -> wal.replay(
                                            at, row.endLsn, 2, _ -> record -> fail("fed LSN " + record.lsn())))
                                    .isInstanceOfSatisfying(
                                            WalGapException.class,
                                            e -> assertThat(e.gap())
                                                    .isEqualTo(new Gap(
                                                            new LsnRange(hole.fromLsn(), hole.toLsn()),
                                                            Gap.Kind.LOST)));
                            wal.replay(from, hole.fromLsn(), 2, _ -> record -> seen.add(record.lsn()));
                            from = hole.toLsn();
                        }
                        wal.replay(from, row.endLsn, 2, _ -> record -> seen.add(record.lsn()));
                        assertThat(seen).hasSize(RECORDS - row.lost.size()).noneMatch(row.lost::contains);
                    }
                }));
    }

    @Test
    void aCrashAtAnyOperationLeavesTheDamageOrTheHoleAndAlwaysTheEvidence() throws Exception {
        for (Row row : ROWS) {
            if (row.verdict == Verdict.SEALED || row.verdict == Verdict.MISSING) {
                continue;
            }
            Map<String, byte[]> files = log(row.closed);
            row.harm.to(files);
            byte[] evidence = bytes(files, row.file);
            FaultyStorage undisturbed = FaultyStorage.of(files);
            Wal.open(undisturbed, full(OnCorruption.QUARANTINE));
            for (long crashAt = 1; crashAt <= undisturbed.operations(); crashAt++) {
                FaultyStorage storage = FaultyStorage.of(files);
                storage.crashAt(crashAt);
                assertThatThrownBy(() -> Wal.open(storage, full(OnCorruption.QUARANTINE)))
                        .isInstanceOf(FaultyStorage.Crash.class);
                for (Map<String, byte[]> image : storage.crashImages().choose(6, new Random(crashAt))) {
                    String where = row.name + ", crash at " + crashAt;
                    assertThat(List.of(
                                    image.getOrDefault(row.file, new byte[0]),
                                    image.getOrDefault(row.file + ".quarantined", new byte[0])))
                            .as(where)
                            .anyMatch(bytes -> Arrays.equals(bytes, evidence));
                    FaultyStorage disk = FaultyStorage.of(image);
                    try (Wal wal = Wal.open(disk, full(OnCorruption.QUARANTINE))) {
                        assertHolds(wal, row.lost, row.endLsn);
                    }
                    assertThat(disk.contents().get(row.file + ".quarantined"))
                            .as(where)
                            .isEqualTo(evidence);
                }
            }
        }
    }

    @Test
    void aLogEndsWhereItIsToldToAndDamageBehindThatDoesNotMatter() throws Exception {
        for (long end = 0; end <= RECORDS; end++) {
            Map<String, byte[]> files = log(true);
            flip(files, SECOND, 3 * BLOCK + 50); // LSN 7
            FaultyStorage storage = FaultyStorage.of(files);
            WalOptions options = Logs.inline()
                    .withVerification(WalOptions.Verification.FULL)
                    .withRecovery(RecoveryPolicy.defaults().withEndLsn(end));
            if (end > 7) {
                assertThatThrownBy(() -> Wal.open(storage, options)).isInstanceOf(WalCorruptException.class);
                assertUnchanged(storage, files);
                continue;
            }
            try (Wal wal = Wal.open(storage, options)) {
                assertThat(Logs.contents(wal)).isEqualTo(records((int) end));
            }
            try (Wal wal = open(storage.contents(), OnCorruption.FAIL)) { // for good
                assertThat(wal.append(Logs.batch("another"))).isEqualTo(end);
            }
        }
    }

    @Test
    void anEndThatTheLogDoesNotReachIsRefused() throws Exception {
        Map<String, byte[]> files = log(false);
        assertThatThrownBy(() -> Wal.open(
                        FaultyStorage.of(files),
                        Logs.inline().withRecovery(RecoveryPolicy.defaults().withEndLsn(RECORDS + 1))))
                .isInstanceOf(WalRangeException.class);
    }

    @Test
    void aFullVerificationTellsHowFarItHasComeAndCanBeCancelled() throws Exception {
        Map<String, byte[]> files = log(true);
        List<RecoveryProgress> told = new ArrayList<>();
        WalOptions options = Logs.threads().withVerification(WalOptions.Verification.FULL);
        RecoveryPolicy policy = RecoveryPolicy.defaults();
        try (Wal wal = Wal.open(
                FaultyStorage.of(files), options.withRecovery(policy.withListener(progress -> told.add(progress))))) {
            assertThat(wal.endLsn()).isEqualTo(RECORDS);
        }
        assertThat(told).extracting(RecoveryProgress::segmentsDone).containsExactly(1, 2, 3);
        assertThat(told.getLast().bytesDone())
                .isEqualTo(told.getLast().bytesTotal())
                .isPositive();

        FaultyStorage storage = FaultyStorage.of(files);
        assertThatThrownBy(() -> Wal.open(storage, options.withRecovery(policy.withListener(progress -> false))))
                .isInstanceOf(CancellationException.class);
        assertUnchanged(storage, files);
        try (Wal wal = Wal.open(storage, options)) { // nobody has it
            assertThat(wal.endLsn()).isEqualTo(RECORDS);
        }
    }

    private static WalOptions full(OnCorruption what) {
        return Logs.inline()
                .withVerification(WalOptions.Verification.FULL)
                .withRecovery(RecoveryPolicy.defaults().withOnCorruption(what));
    }

    private static Wal open(Map<String, byte[]> files, OnCorruption what) throws WalException {
        return Wal.open(FaultyStorage.of(files), full(what));
    }

    private static Map<String, byte[]> log(boolean closed) throws WalException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Logs.inline());
        for (int i = 0; i < RECORDS; i++) {
            assertThat(wal.append(Logs.batch(record(i)))).isEqualTo(i);
            if (i == 4 || i == 9) {
                wal.roll();
            }
        }
        if (closed) {
            wal.close();
        }
        return storage.contents();
    }

    private static List<String> records(int count) {
        return IntStream.range(0, count).mapToObj(QuarantineTest::record).toList();
    }

    private static String record(int lsn) {
        return "record " + lsn;
    }

    private static void assertUnchanged(FaultyStorage storage, Map<String, byte[]> files) {
        Map<String, byte[]> now = storage.contents();
        assertThat(now.keySet()).isEqualTo(files.keySet());
        assertThat(files.keySet()).allMatch(name -> Arrays.equals(bytes(now, name), bytes(files, name)));
    }

    private static void flip(Map<String, byte[]> files, String name, int at) {
        bytes(files, name)[at] ^= 1;
    }

    private static byte[] bytes(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name));
    }
}
