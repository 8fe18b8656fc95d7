package io.walnut.wal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalLockedException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalRangeException;
import io.walnut.wal.WalTrimmedException;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.segment.Segment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;

class WalLookTest {
    private static final int RECORDS = 500;

    @TempDir
    Path directory = Path.of(".");

    private void write() throws Exception {
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            append(wal);
        }
    }

    private static void append(Wal wal) throws Exception {
        for (int i = 0; i < RECORDS; i++) {
            assertThat(wal.append(Batch.of(i, ByteBuffer.wrap(("record " + i).getBytes(StandardCharsets.UTF_8)))))
                    .isEqualTo(i);
        }
    }

    private static Map<String, Long> contents(Path of) throws Exception {
        Map<String, Long> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(of)) {
            for (Path file : files.toList()) {
                CRC32C crc = new CRC32C();
                crc.update(Files.readAllBytes(file));
                contents.put(file.getFileName().toString(), crc.getValue() ^ Files.size(file));
            }
        }
        return contents;
    }

    @Test
    void verifyReadsEverythingAndChangesNothing() throws Exception {
        write();
        Map<String, Long> before = contents(directory);

        WalLook.Verified verified = WalLook.verify(directory);

        assertThat(verified.records()).isEqualTo(RECORDS);
        assertThat(verified.report().clean()).isTrue();
        assertThat(contents(directory)).isEqualTo(before);
    }

    @Test
    void logThatWasNotClosedIsLookedAtAsItWouldBeRecovered() throws Exception {
        Path copy = Files.createDirectory(directory.resolve("copy"));
        Path original = directory.resolve("original");
        try (Wal wal = Wal.open(original, WalOptions.defaults())) {
            append(wal);
            copy(original, copy);
        }
        Map<String, Long> before = contents(copy);

        WalLook.Verified verified = WalLook.verify(copy);

        assertThat(verified.records()).isEqualTo(RECORDS);
        assertThat(verified.report().clean()).isFalse();
        assertThat(contents(copy)).isEqualTo(before);
    }

    @Test
    void recordsAreGivenInOrderFromAnLsnOnUntilEnough() throws Exception {
        write();
        List<Long> seen = new ArrayList<>();

        WalLook.each(directory, OptionalLong.of(490), lost -> {}, record -> {
            seen.add(record.lsn());
            return seen.size() < 3;
        });

        assertThat(seen).containsExactly(490L, 491L, 492L);
    }

    @Test
    void whatTheLogDoesNotHoldIsRefused() throws Exception {
        try (Wal wal = Wal.open(directory, WalOptions.defaults().withFirstLsn(10))) {
            assertThat(wal.append(Batch.of(0, ByteBuffer.allocate(1)))).isEqualTo(10);
        }
        assertThatThrownBy(() -> records(9)).isInstanceOf(WalTrimmedException.class);
        assertThatThrownBy(() -> records(12)).isInstanceOf(WalRangeException.class);
        assertThat(records(11)).isEmpty();
    }

    @Test
    void directoryWithoutALogIsRefusedAndStaysAsItIs() throws Exception {
        Files.createFile(directory.resolve("node.log"));
        Map<String, Long> before = contents(directory);

        assertThatThrownBy(() -> WalLook.verify(directory))
                .hasMessageContaining("no log in " + directory)
                .hasMessageContaining("MANIFEST")
                .hasMessageContaining("found node.log;");
        assertThatThrownBy(() -> records(0)).hasMessageContaining("no log in " + directory);

        assertThat(contents(directory)).isEqualTo(before);
    }

    /** What the files say of the log and what a verification says of them is the same kind of failure. */
    @TestFactory
    Stream<DynamicTest> statsOfWhatIsDamagedFailAsTheVerificationDoes() {
        Map<String, ThrowingConsumer<Path>> harms = Map.of(
                "a bit of the manifest", of -> flip(of.resolve("MANIFEST"), 30),
                "an empty manifest", of -> Files.write(of.resolve("MANIFEST"), new byte[0]),
                "a manifest that is missing", of -> Files.delete(of.resolve("MANIFEST")),
                "the footer of a segment",
                        of -> flip(of.resolve(Segment.name(0)), (int) Files.size(of.resolve(Segment.name(0))) - 60),
                "a segment that is too short", of -> Files.write(of.resolve(Segment.name(0)), new byte[10]),
                "a segment that is missing", of -> Files.delete(of.resolve(Segment.name(0))));
        return harms.entrySet().stream()
                .map(harm -> DynamicTest.dynamicTest(harm.getKey(), () -> {
                    Path log = Files.createTempDirectory(directory, "log");
                    try (Wal wal = Wal.open(log, WalOptions.defaults())) {
                        append(wal);
                    }
                    harm.getValue().accept(log);
                    assertThatThrownBy(() -> WalLook.verify(log)).isInstanceOf(WalCorruptException.class);
                    assertThatThrownBy(() -> DirectoryStats.of(log)).isInstanceOf(WalCorruptException.class);
                }));
    }

    @Test
    void copyWithoutALockFileIsLookedAtAndGetsNone() throws Exception {
        write();
        Files.delete(directory.resolve("LOCK"));
        Map<String, Long> before = contents(directory);

        assertThat(WalLook.verify(directory).records()).isEqualTo(RECORDS);

        assertThat(contents(directory)).isEqualTo(before).doesNotContainKey("LOCK");
    }

    /** Of a log with the LSNs 0 and 1, 2 and 3, 4 and 5 in a segment each: a damage, and the good records before it. */
    private record Damaged(String name, boolean closed, ThrowingConsumer<Path> damage, long good, String reported) {}

    private static final int BLOCK = 4096;
    private static final String SECOND = Segment.name(1);
    private static final String LAST = Segment.name(2);
    private static final List<Damaged> DAMAGES = List.of(
            new Damaged(
                    "a frame",
                    true,
                    log -> flip(log.resolve(SECOND), 2 * BLOCK + 100),
                    3,
                    "LSNs 2..3 good up to byte 8192, LSNs 3..4 in doubt"),
            new Damaged(
                    "the header", true, log -> flip(log.resolve(SECOND), 20), 4, "LSNs 2..4 good up to byte 12288 ("),
            new Damaged(
                    "the footer",
                    true,
                    log -> flip(log.resolve(SECOND), (int) Files.size(log.resolve(SECOND)) - 20),
                    4,
                    "LSNs 2..4 good up to byte 12288 ("),
            new Damaged(
                    "a segment that is missing",
                    true,
                    log -> Files.delete(log.resolve(SECOND)),
                    2,
                    "missing, 0 bytes, nothing good at its beginning, LSNs 2..4 in doubt"),
            new Damaged(
                    "the tail",
                    false,
                    log -> flip(log.resolve(LAST), BLOCK + 100),
                    4,
                    "nothing good at its beginning, LSNs 4..5 in doubt"));

    @TestFactory
    Stream<DynamicTest> whatIsGoodBeforeADamageIsGivenAndNoMoreIsSaidToBeLost() {
        return DAMAGES.stream().map(row -> DynamicTest.dynamicTest(row.name, () -> check(row)));
    }

    private void check(Damaged row) throws Throwable {
        Path log = Files.createTempDirectory(directory, "log");
        Path copy = Files.createTempDirectory(directory, "copy");
        WalOptions options = WalOptions.defaults()
                .withSizes(3 * BLOCK, 4000, 4 * BLOCK)
                .withBackgroundWork(BackgroundWork.INLINE); // nothing changes while it is copied
        try (Wal wal = Wal.open(log, options)) {
            for (int i = 0; i < 6; i++) {
                assertThat(wal.append(Batch.of(i, ByteBuffer.allocate(1500)))).isEqualTo(i);
            }
            copy(log, copy);
        }
        Path damaged = row.closed ? log : copy;
        row.damage.accept(damaged);
        Map<String, Long> before = contents(damaged);
        List<Long> seen = new ArrayList<>();

        assertThatThrownBy(
                        () -> WalLook.each(damaged, OptionalLong.empty(), lost -> {}, record -> seen.add(record.lsn())))
                .isInstanceOf(WalCorruptException.class)
                .hasMessageContaining("docs/OPERATIONS.md");
        assertThat(seen)
                .containsExactlyElementsOf(LongStream.range(0, row.good).boxed().toList());
        assertThatThrownBy(() -> WalLook.verify(damaged)).isInstanceOfSatisfying(WalCorruptException.class, refused -> {
            RecoveryReport report = refused.report().orElseThrow();
            assertThat(report.clean()).isEqualTo(row.closed);
            assertThat(report.print())
                    .contains(row.reported)
                    .contains("good LSNs 0.." + row.good)
                    .contains("segment 0: sealed,");
        });
        assertThat(contents(damaged)).isEqualTo(before);
    }

    @Test
    void fileThatIsTooShortToBeASegmentIsToldWithoutGoodBytes() throws Exception {
        write();
        Files.write(directory.resolve(Segment.name(99)), new byte[] {1, 2, 3});

        assertThat(WalLook.verify(directory).report().print())
                .contains("segment 99: torn in the first write, which an open drops, 3 bytes\n");
    }

    private List<Long> records(long from) throws Exception {
        List<Long> seen = new ArrayList<>();
        WalLook.each(directory, OptionalLong.of(from), lost -> {}, record -> seen.add(record.lsn()));
        return seen;
    }

    private static void flip(Path file, int at) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }

    private static void copy(Path from, Path to) throws Exception {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void logInUseIsNotLookedAt() throws Exception {
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            assertThat(wal.endLsn()).isZero();
            assertThatThrownBy(() -> WalLook.verify(directory)).isInstanceOf(WalLockedException.class);
        }
    }
}
