package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.format.Manifest;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.segment.Segment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What is damaged is taken from a copy of it, and from nothing else. */
class RepairTest {
    private static final int BLOCK = 4096;
    private static final int RECORDS = 12;
    private static final String FIRST = Segment.name(0);
    private static final String SECOND = Segment.name(1);

    /** A change of the files of a log, or of its copy. */
    private interface Harm {
        void to(Map<String, byte[]> files) throws Exception;
    }

    /**
     * @param harm what happens to the log
     * @param harmToCopy what happens to the copy, which was made before that
     * @param repaired whether the log is as it was afterwards; else it is refused and stays as it is
     */
    private record Row(String name, Harm harm, Harm harmToCopy, boolean repaired) {}

    private static final Stream<Row> ROWS = Stream.of(
            new Row("a frame", files -> flip(files, FIRST, 3 * BLOCK + 50), copy -> {}, true),
            new Row(
                    "a frame, and the copy has another damage",
                    files -> flip(files, FIRST, 3 * BLOCK + 50),
                    copy -> flip(copy, FIRST, BLOCK + 50),
                    true),
            new Row(
                    "a frame, and the copy has the same damage",
                    files -> flip(files, FIRST, 3 * BLOCK + 50),
                    copy -> flip(copy, FIRST, 3 * BLOCK + 50),
                    false),
            new Row("a missing file", files -> files.remove(SECOND), copy -> {}, true),
            new Row(
                    "a missing file, the copy under another name",
                    files -> files.remove(SECOND),
                    copy -> copy.put(Segment.name(77), Objects.requireNonNull(copy.remove(SECOND))),
                    true),
            new Row("a missing file, and no copy", files -> files.remove(SECOND), copy -> copy.remove(SECOND), false),
            new Row(
                    "two files",
                    files -> {
                        flip(files, FIRST, 20);
                        Arrays.fill(bytes(files, SECOND), (byte) 0);
                    },
                    copy -> {},
                    true),
            new Row(
                    "a frame, and the copy is another log's",
                    files -> flip(files, FIRST, 3 * BLOCK + 50),
                    copy -> copy.putAll(log("other")),
                    false));

    @TestFactory
    Stream<DynamicTest> whatIsDamagedIsTakenFromTheCopy() {
        return ROWS.map(row -> DynamicTest.dynamicTest(row.name, () -> check(row)));
    }

    private static void check(Row row) throws Exception {
        Map<String, byte[]> files = log("record");
        Map<String, byte[]> copy = FaultyStorage.of(files).contents();
        row.harm.to(files);
        row.harmToCopy.to(copy);
        assertThatThrownBy(() -> Wal.open(FaultyStorage.of(files), full(RecoveryPolicy.defaults())))
                .isInstanceOf(WalCorruptException.class);
        FaultyStorage storage = FaultyStorage.of(files);
        WalOptions options = full(RecoveryPolicy.defaults().withCopies(FaultyStorage.of(copy)));
        if (!row.repaired) {
            assertThatThrownBy(() -> Wal.open(storage, options)).isInstanceOf(WalCorruptException.class);
            assertThat(storage.contents().keySet()).isEqualTo(files.keySet());
            return;
        }
        try (Wal wal = Wal.open(storage, options)) {
            assertHoldsAll(wal);
            assertThat(wal.recoveryReport().holes()).isEmpty();
        }
        try (Wal wal = Wal.open(FaultyStorage.of(storage.contents()), full(RecoveryPolicy.defaults()))) {
            assertHoldsAll(wal);
        }
    }

    @Test
    void anOldHoleIsFilled() throws Exception {
        Map<String, byte[]> files = log("record");
        FaultyStorage copy = FaultyStorage.of(files);
        flip(files, FIRST, 3 * BLOCK + 50);
        FaultyStorage storage = FaultyStorage.of(files);
        Wal.open(storage, full(RecoveryPolicy.defaults().withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE)))
                .close();
        try (Wal wal = Wal.open(FaultyStorage.of(storage.contents()), full(RecoveryPolicy.defaults()))) {
            assertThat(wal.recoveryReport().holes()).hasSize(1);
        }
        try (Wal wal = Wal.open(storage, full(RecoveryPolicy.defaults().withCopies(copy)))) {
            assertHoldsAll(wal);
            assertThat(wal.recoveryReport().holes()).isEmpty();
        }
    }

    /** The copy has LSNs that were truncated since, and written anew: they are not what was lost. */
    @Test
    void whatWasTruncatedDoesNotComeBack() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        WalOptions options = Logs.inline();
        Wal wal = Wal.open(storage, options);
        wal.append(Logs.batch("0"));
        wal.append(Logs.batch("1, truncated"));
        wal.roll();
        FaultyStorage copy = FaultyStorage.of(storage.contents());
        wal.truncateAfter(0);
        wal.append(Logs.batch("1, anew"));
        wal.close();
        Map<String, byte[]> files = storage.contents();
        String second = files.keySet().stream()
                .filter(name -> Segment.id(name) > 0)
                .findFirst()
                .orElseThrow();
        flip(files, second, BLOCK + 50);
        assertThatThrownBy(() -> Wal.open(
                        FaultyStorage.of(files), full(RecoveryPolicy.defaults().withCopies(copy))))
                .isInstanceOf(WalCorruptException.class);
    }

    @Test
    void aCrashAtAnyOperationLeavesALogThatCanBeRepaired() throws Exception {
        Map<String, byte[]> files = log("record");
        Map<String, byte[]> copy = FaultyStorage.of(files).contents();
        flip(files, FIRST, 3 * BLOCK + 50);
        files.remove(SECOND);
        FaultyStorage undisturbed = FaultyStorage.of(files);
        Wal.open(undisturbed, full(RecoveryPolicy.defaults().withCopies(FaultyStorage.of(copy))));
        for (long crashAt = 1; crashAt <= undisturbed.operations(); crashAt++) {
            FaultyStorage storage = FaultyStorage.of(files);
            storage.crashAt(crashAt);
            assertThatThrownBy(() ->
                            Wal.open(storage, full(RecoveryPolicy.defaults().withCopies(FaultyStorage.of(copy)))))
                    .isInstanceOf(FaultyStorage.Crash.class);
            for (Map<String, byte[]> image : storage.crashImages().choose(6, new Random(crashAt))) {
                try (Wal wal = Wal.open(
                        FaultyStorage.of(image), full(RecoveryPolicy.defaults().withCopies(FaultyStorage.of(copy))))) {
                    assertHoldsAll(wal);
                }
            }
        }
    }

    /** What was damaged before a reset was set aside as well, and a backup may still have it. */
    @Test
    void whatWasResetAwayDoesNotFillAHoleOfTheLogThatCameAfterIt() throws Exception {
        int[] salt = {1};
        WalOptions options = full(RecoveryPolicy.defaults()).withSalts(() -> salt[0]++);
        WalOptions quarantine = options.withRecovery(
                RecoveryPolicy.defaults().withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE));
        Map<String, byte[]> files = Map.of();
        FaultyStorage backup = new FaultyStorage();
        for (String text : List.of("old ", "new ")) {
            FaultyStorage storage = FaultyStorage.of(files);
            try (Wal wal = Wal.open(storage, options)) {
                wal.reset(0);
                for (int i = 0; i < 5; i++) {
                    wal.append(Logs.batch(text + i));
                }
            }
            files = storage.contents();
            backup = text.equals("old ") ? FaultyStorage.of(files) : backup;
            String segment = files.keySet().stream()
                    .filter(name -> Segment.id(name) >= 0)
                    .findFirst()
                    .orElseThrow();
            flip(files, segment, 3 * BLOCK + 50);
            FaultyStorage damaged = FaultyStorage.of(files);
            Wal.open(damaged, quarantine).close();
            files = damaged.contents();
        }
        FaultyStorage storage = FaultyStorage.of(files);
        try (Wal wal =
                Wal.open(storage, options.withRecovery(RecoveryPolicy.defaults().withCopies(backup)))) {
            assertThat(Logs.text(wal.read(1))).isEqualTo("new 1");
            assertThatThrownBy(() -> wal.read(2)).isInstanceOf(WalGapException.class);
        }
    }

    /** The same where what came after the reset was compacted, damaged as a whole, and has no good copy. */
    @Test
    void whatWasResetAwayDoesNotFillAHoleInWhatWasCompactedAfterIt() throws Exception {
        fillsNothingOfBefore((wal, _) -> {
            wal.reset(0);
            append(wal, "new ");
            wal.compact(wal.endLsn(), record -> record.lsn() > 0, progress -> true);
        });
    }

    /** And where the log was replaced by segments from elsewhere. */
    @Test
    void whatWasThereBeforeAnAdoptionDoesNotFillAHoleInWhatWasAdopted() throws Exception {
        fillsNothingOfBefore((wal, storage) -> {
            FaultyStorage elsewhere = new FaultyStorage();
            Path adopted = Path.of("/elsewhere/adopted");
            try (Wal other = Wal.open(elsewhere, Logs.inline().withSalts(() -> 4711))) {
                append(other, "new ");
            }
            storage.putOutside(adopted, bytes(elsewhere.contents(), FIRST));
            wal.adopt(List.of(adopted), 5);
        });
    }

    private interface Renewal {
        void of(Wal wal, FaultyStorage storage) throws Exception;
    }

    private static void append(Wal wal, String text) throws WalException {
        for (int i = 0; i < 5; i++) {
            wal.append(Logs.batch(text + i));
        }
        wal.roll();
    }

    private static void fillsNothingOfBefore(Renewal renewal) throws Exception {
        int[] salt = {1};
        WalOptions options = full(RecoveryPolicy.defaults()).withSalts(() -> salt[0]++);
        WalOptions quarantine = options.withRecovery(
                RecoveryPolicy.defaults().withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE));
        FaultyStorage storage = new FaultyStorage();
        try (Wal wal = Wal.open(storage, options)) {
            append(wal, "old ");
        }
        FaultyStorage backup = FaultyStorage.of(storage.contents());
        storage = damaged(storage);
        try (Wal wal = Wal.open(storage, quarantine)) {
            assertThatThrownBy(() -> wal.read(2)).isInstanceOf(WalGapException.class);
            renewal.of(wal, storage);
            assertThat(Logs.text(wal.read(2))).isEqualTo("new 2");
            append(wal, "later ");
        }
        storage = damaged(storage);
        Wal.open(storage, quarantine).close();
        try (Wal wal =
                Wal.open(storage, options.withRecovery(RecoveryPolicy.defaults().withCopies(backup)))) {
            assertThat(Logs.text(wal.read(3))).isEqualTo("new 3");
            assertThatThrownBy(() -> wal.read(2)).isInstanceOf(WalGapException.class);
        }
    }

    /** The third record of what is listed first. */
    private static FaultyStorage damaged(FaultyStorage storage) throws Exception {
        Map<String, byte[]> files = storage.contents();
        String first = Segment.name(
                Manifest.read(ByteBuffer.wrap(bytes(files, Manifest.NAME)).order(ByteOrder.LITTLE_ENDIAN))
                        .segments()
                        .getFirst()
                        .segmentId());
        byte[] segment = bytes(files, first);
        String text = new String(segment, StandardCharsets.ISO_8859_1);
        int at = Math.max(text.indexOf("old 2"), text.indexOf("new 2"));
        assertThat(at).isPositive();
        segment[at] ^= 1;
        return FaultyStorage.of(files);
    }

    private static void assertHoldsAll(Wal wal) throws WalException {
        assertThat(Logs.contents(wal))
                .isEqualTo(
                        IntStream.range(0, RECORDS).mapToObj(i -> "record " + i).toList());
    }

    private static WalOptions full(RecoveryPolicy policy) {
        return Logs.inline().withVerification(WalOptions.Verification.FULL).withRecovery(policy);
    }

    private static Map<String, byte[]> log(String text) throws WalException {
        FaultyStorage storage = new FaultyStorage();
        try (Wal wal = Wal.open(storage, Logs.inline())) {
            for (int i = 0; i < RECORDS; i++) {
                assertThat(wal.append(Logs.batch(text + " " + i))).isEqualTo(i);
                if (i == 4 || i == 9) {
                    wal.roll();
                }
            }
        }
        return storage.contents();
    }

    private static void flip(Map<String, byte[]> files, String name, int at) {
        bytes(files, name)[at] ^= 1;
    }

    private static byte[] bytes(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name));
    }

    /** Of [0, 100) what is from 60 on was cut off, and 60 given anew; the rest was copied, and the copy was damaged, too. */
    @Test
    void theEvidenceOfACopyEndsWhereWhatItWasCopiedFromDid() {
        Evidence copy = new Evidence(7, 500, new LsnRange(0, 60));
        Evidence original = new Evidence(7, 60, new LsnRange(0, 100));
        assertThat(copy.with(original)).isEqualTo(new Evidence(7, 60, new LsnRange(0, 60)));
    }
}
