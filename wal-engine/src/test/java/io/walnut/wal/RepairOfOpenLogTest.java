package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.Backend;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.uring.Backends;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.recovery.ScrubFinding;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A segment that is damaged while the log is open is replaced by a good one, beside everything else. */
@ExtendWith(QuietLog.class)
class RepairOfOpenLogTest {
    private static final int BLOCK = 4096;
    private static final int RECORDS = 12;
    private static final String FIRST = Segment.name(0);
    private static final LsnRange DAMAGED = new LsnRange(2, 3);

    private final FaultyStorage storage = new FaultyStorage();
    private final List<String> written = new ArrayList<>();

    /** Records 0 to 4 in the first segment, to 9 in the second, the rest in one that is not sealed. */
    private Wal open(Storage on) throws WalException {
        return open(on, Logs.inline());
    }

    private Wal open(Storage on, WalOptions options) throws WalException {
        Wal wal = Wal.open(on, options);
        written.clear();
        for (int i = 0; i < RECORDS; i++) {
            append(wal);
            if (i == 4 || i == 9) {
                wal.roll();
            }
        }
        return wal;
    }

    private void append(Wal wal) throws WalException {
        String record = "record " + written.size();
        wal.append(Logs.batch(record));
        written.add(record);
    }

    private static void damage(FaultyStorage disk, String name, int at) throws IOException {
        byte[] now = Objects.requireNonNull(disk.contents().get(name));
        try (StorageFile file = disk.open(name, true)) {
            file.write(ByteBuffer.wrap(new byte[] {(byte) (now[at] ^ 1)}), at);
        }
    }

    /** The third record of the first segment. */
    private static void damage(FaultyStorage disk) throws IOException {
        damage(disk, FIRST, 3 * BLOCK + 50);
    }

    /** A directory of the file system: what is mapped there shows the damage, as in the real world. */
    @TempDir
    Path directory;

    private Storage files() throws IOException {
        return Backends.open(directory, true, Backend.AUTO);
    }

    private void damageFile(String name, int at) throws IOException {
        try (FileChannel file = FileChannel.open(directory.resolve(name), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {7}), at);
        }
    }

    private List<String> storedNames() throws IOException {
        try (Storage files = files()) {
            return files.list();
        }
    }

    /** Of what there is in the directory now. */
    private FaultyStorage copies() throws IOException {
        Map<String, byte[]> copies = new LinkedHashMap<>();
        try (Storage files = files()) {
            for (String name : files.list()) {
                copies.put(name, Files.readAllBytes(directory.resolve(name)));
            }
        }
        return FaultyStorage.of(copies);
    }

    @Test
    void whatAScrubFindsIsRepairedAndReadAgain() throws Exception {
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = open(files())) {
            FaultyStorage copies = copies();
            damageFile(FIRST, 3 * BLOCK + 50);
            try (Scrub scrub = wal.scrub(1L << 40, findings::add)) {
                Logs.await("it is found", () -> scrub.coverage().findings() > 0);
            }
            assertThatThrownBy(() -> wal.read(2)).isInstanceOf(WalCorruptException.class);
            ScrubFinding finding = findings.getFirst();

            wal.repair(new LsnRange(finding.fromLsn(), finding.toLsn()), copies);

            assertThat(Logs.contents(wal)).isEqualTo(written);
            assertThat(storedNames())
                    .contains(FIRST + ".report", FIRST + ".quarantined")
                    .doesNotContain(FIRST);
            findings.clear();
            try (Scrub scrub = wal.scrub(1L << 40, findings::add)) {
                Logs.await("all is seen", () -> scrub.coverage().passes() > 0);
            }
            assertThat(findings).isEmpty();
            append(wal);
        }
        try (Wal wal = Wal.open(files(), Logs.inline())) {
            assertThat(Logs.contents(wal)).isEqualTo(written);
            assertThat(wal.recoveryReport().holes()).isEmpty();
        }
    }

    @Test
    void aCursorInTheDamagedSegmentGoesOnInTheGoodOne() throws Exception {
        try (Wal wal = open(files());
                Cursor cursor = wal.cursor(0)) {
            FaultyStorage copies = copies();
            assertThat(cursor.next()).isTrue();
            damageFile(FIRST, 3 * BLOCK + 50);
            assertThat(cursor.next()).isTrue();
            assertThatThrownBy(cursor::next).isInstanceOf(WalCorruptException.class);
            wal.repair(DAMAGED, copies);
            for (int i = 2; i < RECORDS; i++) {
                assertThat(cursor.next()).isTrue();
                assertThat(Logs.text(cursor.record())).isEqualTo("record " + i);
            }
        }
    }

    @Test
    void eachHasADamageOfItsOwn() throws Exception {
        try (Wal wal = open(storage)) {
            FaultyStorage copies = FaultyStorage.of(storage.contents());
            damage(copies, FIRST, 2 * BLOCK + 50);
            damage(storage);
            damage(storage, Segment.name(1), 20);
            wal.repair(new LsnRange(0, 100), copies);
            assertThat(Logs.contents(wal)).isEqualTo(written);
        }
    }

    @Test
    void aSegmentThatTheDiskDoesNotGiveBackIsTakenFromTheCopyAsAWhole() throws Exception {
        boolean[] bad = {false};
        Storage unreadable = new ForwardingStorage(storage) {
            @Override
            protected StorageFile wrap(String name, StorageFile file) {
                return new ForwardingFile(file) {
                    @Override
                    public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
                        if (bad[0] && name.equals(FIRST)) {
                            throw new IOException("Input/output error");
                        }
                        return super.map(arena, position, bytes);
                    }
                };
            }
        };
        try (Wal wal = open(unreadable)) {
            FaultyStorage copies = FaultyStorage.of(storage.contents());
            damage(storage);
            bad[0] = true;
            wal.repair(DAMAGED, copies);
            assertThat(Logs.contents(wal)).isEqualTo(written);
        }
    }

    @Test
    void withoutAGoodCopyNothingIsChanged() throws Exception {
        try (Wal wal = open(storage)) {
            FaultyStorage copies = FaultyStorage.of(storage.contents());
            damage(copies);
            damage(storage);
            Map<String, byte[]> before = storage.contents();
            assertThatThrownBy(() -> wal.repair(DAMAGED, copies))
                    .isInstanceOfSatisfying(
                            WalCorruptException.class,
                            e -> assertThat(e.ranges()).containsExactly(DAMAGED));
            assertThat(storage.contents().keySet()).isEqualTo(before.keySet());
            storage.contents()
                    .forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(before.get(name)));
            append(wal);
            assertThat(Logs.text(wal.read(1))).isEqualTo("record 1");
        }
    }

    /** A copy that was made before a truncation has records at the same LSNs, which are not what is lost. */
    @Test
    void whatWasTruncatedDoesNotComeBack() throws Exception {
        try (Wal wal = open(files())) {
            FaultyStorage copies = copies();
            wal.truncateAfter(1);
            wal.append(Logs.batch("2 anew"));
            wal.roll();
            String anew = copies().list().stream()
                    .filter(name -> Segment.id(name) > 0)
                    .min(String::compareTo)
                    .orElseThrow();
            damageFile(anew, BLOCK + 50);
            assertThatThrownBy(() -> wal.repair(DAMAGED, copies)).isInstanceOf(WalCorruptException.class);

            damageFile(FIRST, BLOCK + 50);
            wal.repair(new LsnRange(0, 1), copies);
            assertThat(Logs.text(wal.read(1))).isEqualTo("record 1");
            assertThatThrownBy(() -> wal.read(2)).isInstanceOf(WalCorruptException.class);
        }
    }

    /** Ids of files that are gone may be taken again, but not those of evidence: an open would set aside the wrong file. */
    @Test
    void evidenceOfAnEarlierRepairStays() throws Exception {
        WalOptions options = Logs.inline().withSpareSegments(0);
        Wal wal = open(storage, options);
        FaultyStorage copies = FaultyStorage.of(storage.contents());
        List<String> repaired = List.of(FIRST, Segment.name(4), Segment.name(6)); // 5 has what was good of the first
        for (String name : repaired) {
            damage(storage, name, BLOCK + 50);
            wal.repair(new LsnRange(0, 1), copies);
            assertThat(storage.list()).contains(name + Mending.EVIDENCE);
        }
        wal.trimBefore(5);
        Map<String, byte[]> before = storage.contents();
        Map<String, byte[]> crashed = before;
        for (int i = 0; i < 5; i++) {
            FaultyStorage disk = FaultyStorage.of(crashed);
            Wal again = Wal.open(disk, options);
            assertThat(Logs.contents(again)).isEqualTo(written.subList(5, RECORDS));
            crashed = disk.contents();
        }
        for (String name : repaired) {
            assertThat(crashed.get(name + Mending.EVIDENCE)).isEqualTo(before.get(name + Mending.EVIDENCE));
        }
    }

    /** What was set aside and what a repair had put in its place have the same salt: a hole is filled once. */
    @Test
    void aHoleInWhatWasRepairedIsFilledOnce() throws Exception {
        Wal wal = open(storage);
        FaultyStorage copies = FaultyStorage.of(storage.contents());
        damage(storage, FIRST, BLOCK + 50);
        wal.repair(new LsnRange(0, 1), copies);
        wal.close();
        damage(storage, Segment.name(5), BLOCK + 50); // what was good of the first
        WalOptions full = Logs.inline().withVerification(WalOptions.Verification.FULL);
        RecoveryPolicy quarantine = RecoveryPolicy.defaults().withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE);
        Wal.open(storage, full.withRecovery(quarantine)).close();
        assertThat(storage.list()).contains(FIRST + Mending.EVIDENCE, Segment.name(5) + Mending.EVIDENCE);

        try (Wal again =
                Wal.open(storage, full.withRecovery(RecoveryPolicy.defaults().withCopies(copies)))) {
            assertThat(Logs.contents(again)).isEqualTo(written);
            assertThat(again.recoveryReport().holes()).isEmpty();
        }
        try (Wal again = Wal.open(storage, full)) {
            assertThat(Logs.contents(again)).isEqualTo(written);
            assertThat(again.recoveryReport().segments().stream()
                            .mapToLong(SegmentFinding::records)
                            .sum())
                    .isEqualTo(RECORDS);
        }
    }

    @Test
    void whatIsTrimmedNeedsNoCopy() throws Exception {
        Wal wal = open(storage);
        wal.trimBefore(2);
        damage(storage, FIRST, BLOCK + 50);
        wal.repair(new LsnRange(0, 1), new FaultyStorage());
        assertThat(storage.list()).contains(FIRST + Mending.EVIDENCE);
        assertThat(Logs.contents(wal)).isEqualTo(written.subList(2, RECORDS));
        wal.close();
        try (Wal again = Wal.open(storage, Logs.inline().withVerification(WalOptions.Verification.FULL))) {
            assertThat(Logs.contents(again)).isEqualTo(written.subList(2, RECORDS));
            assertThat(again.recoveryReport().holes()).isEmpty();
        }
    }

    @Test
    void aSegmentThatIsNotSealedYetIsSealedForIt() throws Exception {
        try (Wal wal = open(storage)) {
            FaultyStorage copies = FaultyStorage.of(storage.contents());
            damage(storage, Segment.name(2), BLOCK + 50);
            wal.repair(new LsnRange(10, 13), copies);
            assertThat(Logs.contents(wal)).isEqualTo(written);
            assertThat(wal.stats().sealedSegments()).isEqualTo(4); // what is good of it, and what the copy has
        }
    }

    /** What is not damaged is written anew, and nothing else happens; a range without segments is none. */
    @Test
    void aRepairWithoutDamageDoesNoHarm() throws Exception {
        try (Wal wal = open(storage)) {
            wal.repair(DAMAGED, new FaultyStorage());
            wal.repair(new LsnRange(100, 200), new FaultyStorage());
            assertThat(Logs.contents(wal)).isEqualTo(written);
        }
        assertThatThrownBy(() -> {
                    Wal wal = Wal.open(FaultyStorage.of(storage.contents()), Logs.inline());
                    wal.close();
                    wal.repair(DAMAGED, new FaultyStorage());
                })
                .isInstanceOf(WalClosedException.class);
    }

    private record Run(FaultyStorage disk, Map<String, byte[]> copies) {}

    private Run damagedLog() throws Exception {
        FaultyStorage disk = new FaultyStorage();
        try (Wal wal = open(disk)) {
            Map<String, byte[]> copies = FaultyStorage.of(disk.contents()).contents();
            assertThat(wal.endLsn()).isEqualTo(RECORDS);
            return new Run(disk, copies);
        }
    }

    /** Opened, one record appended, damaged, repaired; whether it came to an end. */
    private void repairBeside(FaultyStorage disk, Map<String, byte[]> copies, long crashAfter) throws Exception {
        Wal wal = Wal.open(disk, Logs.inline());
        wal.append(Logs.batch("record 12"));
        damage(disk);
        if (crashAfter > 0) {
            disk.crashAt(disk.operations() + crashAfter);
        }
        wal.repair(DAMAGED, FaultyStorage.of(copies));
        wal.append(Logs.batch("record 13"));
    }

    @Test
    void aCrashAtAnyOperationLeavesTheDamagedSegmentOrTheGoodOne() throws Exception {
        Run run = damagedLog();
        Map<String, byte[]> files = run.disk.contents();
        int damaged = 0;
        int good = 0;
        boolean crashed = true;
        for (long at = 1; crashed; at++) {
            FaultyStorage disk = FaultyStorage.of(files);
            try {
                repairBeside(disk, run.copies, at);
                crashed = false;
            } catch (FaultyStorage.Crash e) {
                // as asked for
            }
            for (Map<String, byte[]> image : disk.crashImages().choose(8, new Random(at))) {
                try (Wal wal = Wal.open(FaultyStorage.of(image), Logs.inline())) {
                    assertThat(wal.recoveryReport().holes()).isEmpty();
                    assertThat(wal.endLsn()).isBetween(13L, 14L);
                    for (int lsn = 0; lsn < wal.endLsn(); lsn++) {
                        if (lsn != 2) {
                            assertThat(Logs.text(wal.read(lsn))).isEqualTo("record " + lsn);
                        }
                    }
                    try {
                        assertThat(Logs.text(wal.read(2))).isEqualTo("record 2");
                        good++;
                    } catch (WalCorruptException e) {
                        damaged++;
                        assertThat(wal.endLsn())
                                .as("before the repair has returned")
                                .isEqualTo(13);
                        wal.repair(DAMAGED, FaultyStorage.of(run.copies));
                        assertThat(Logs.text(wal.read(2))).isEqualTo("record 2");
                    }
                }
            }
        }
        assertThat(damaged).isGreaterThan(20);
        assertThat(good).isGreaterThan(20);
    }

    /** What a compaction made has a higher id than the tail, and one without a header does not say that it is none of it. */
    @Test
    void whatACrashKeptFromBeingSetAsideIsNotTakenForAPartOfTheTail() throws Exception {
        Wal wal = open(storage);
        wal.compact(10, record -> true, progress -> true);
        wal.roll();
        append(wal); // begins a segment, and the one after that is prepared
        String compacted = Segment.name(4);
        FaultyStorage copies = FaultyStorage.of(storage.contents());
        try (StorageFile file = storage.open(compacted, true)) {
            file.setLength(1000);
        }
        storage.refuse((_, kind, name) -> {
            if (kind == FaultyStorage.Kind.RENAME && name.contains(Mending.EVIDENCE)) {
                throw new IOException("planted");
            }
        });
        wal.repair(DAMAGED, copies);
        append(wal);
        assertThat(storage.list()).contains(compacted, compacted + Mending.REPORT);

        FaultyStorage crashed = FaultyStorage.of(storage.contents());
        try (Wal again = Wal.open(crashed, Logs.inline())) {
            assertThat(Logs.contents(again)).isEqualTo(written);
            assertThat(crashed.list()).contains(compacted + Mending.EVIDENCE);
        }
    }

    /** After each the log is as it was, or repaired, or poisoned: never without the records that were good. */
    @Test
    void whateverOperationFailsNothingIsLost() throws Exception {
        Run run = damagedLog();
        Map<String, byte[]> files = run.disk.contents();
        int refused = 0;
        int poisoned = 0;
        boolean[] failed = {true};
        for (int nth = 1; failed[0]; nth++) {
            failed[0] = false;
            FaultyStorage disk = FaultyStorage.of(files);
            int[] until = {0}; // never
            disk.refuse((_, _, _) -> {
                if (until[0] > 0 && --until[0] == 0) {
                    failed[0] = true;
                    throw new IOException("Input/output error");
                }
            });
            Wal wal = Wal.open(disk, Logs.inline());
            wal.append(Logs.batch("record 12"));
            damage(disk);
            until[0] = nth;
            try {
                wal.repair(DAMAGED, FaultyStorage.of(run.copies));
                until[0] = 0;
            } catch (WalPoisonedException e) {
                poisoned++;
            } catch (WalIoException e) {
                refused++;
                assertThat(disk.list()).noneMatch(name -> name.endsWith(Repair.TEMPORARY));
                wal.append(Logs.batch("record 13"));
                wal.repair(DAMAGED, FaultyStorage.of(run.copies));
                assertThat(Logs.contents(wal)).hasSize(14);
            }
            try (Wal again = Wal.open(FaultyStorage.of(disk.contents()), Logs.inline())) {
                again.repair(DAMAGED, FaultyStorage.of(run.copies));
                assertThat(Logs.contents(again))
                        .startsWith(IntStream.range(0, 13)
                                .mapToObj(i -> "record " + i)
                                .toArray(String[]::new));
            }
        }
        assertThat(refused).isGreaterThan(5);
        assertThat(poisoned).isPositive();
    }

    /** With threads, on files: appends, reads, trims and truncations go on meanwhile. */
    @Test
    void besideEverythingElse() throws Exception {
        Path made = Files.createDirectories(directory.resolve("copies"));
        try (Wal wal = Wal.open(directory.resolve("log"), Logs.threads())) {
            for (int i = 0; i < 60; i++) {
                wal.enqueue(Logs.batch("record " + i + "x".repeat(3000)));
            }
            wal.checkpoint(made);
            boolean[] done = {false};
            List<Throwable> failures = new CopyOnWriteArrayList<>();
            List<Thread> threads = new ArrayList<>();
            threads.add(thread(failures, () -> {
                while (!done[0]) {
                    wal.append(Logs.batch("later"));
                }
            }));
            for (int i = 0; i < 2; i++) {
                threads.add(thread(failures, () -> {
                    Random random = new Random(1);
                    while (!done[0]) {
                        int lsn = random.nextInt(20, 60);
                        assertThat(Logs.text(wal.read(lsn))).isEqualTo("record " + lsn + "x".repeat(3000));
                        try (Cursor cursor = wal.cursor(20)) {
                            for (int n = 0; n < 30; n++) {
                                assertThat(cursor.next()).isTrue();
                            }
                        }
                    }
                }));
            }
            try (Storage copies = Backends.open(made, false, Backend.PORTABLE)) {
                for (int i = 0; i < 4; i++) {
                    wal.repair(new LsnRange(25 + i, 45), copies);
                    if (i == 2) {
                        wal.trimBefore(20);
                    }
                }
            }
            done[0] = true;
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(Logs.contents(wal)).hasSizeGreaterThan(40);
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    private static Thread thread(List<Throwable> failures, Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        });
        thread.start();
        return thread;
    }
}
