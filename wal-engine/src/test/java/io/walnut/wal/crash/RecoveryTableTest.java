package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.UnsupportedVersionException;
import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The decision table of {@code docs/FORMAT.md}, line by line. */
class RecoveryTableTest {
    private static final UUID LOG = new UUID(1, 2);
    private static final int BLOCK = 4096;
    private static final int SEGMENT_BYTES = 3 * BLOCK;
    private static final String SEALED = Segment.name(0);
    private static final String TAIL = Segment.name(1);
    private static final String PREPARED = Segment.name(2);

    /** What is done to the files of a log. */
    private interface Damage {
        void to(Map<String, byte[]> files) throws Exception;
    }

    /**
     * A line of the table, and a case of it.
     *
     * @param found the line's first column
     * @param batches of one record each that the log holds: two in each segment
     * @param segmentId the segment that the verdict is about
     * @param verdict null where the segment gets none
     * @param records what an open gives back; -1 where it is refused
     * @param deleted a file that is gone after the open
     */
    private record Row(
            String found,
            String variant,
            int batches,
            Damage damage,
            long segmentId,
            @Nullable Verdict verdict,
            int records,
            @Nullable String deleted) {

        static Row opens(
                String found, String variant, int batches, Damage damage, long id, Verdict verdict, int records) {
            return new Row(found, variant, batches, damage, id, verdict, records, null);
        }

        static Row refused(
                String found, String variant, int batches, Damage damage, long id, @Nullable Verdict verdict) {
            return new Row(found, variant, batches, damage, id, verdict, -1, null);
        }

        Row deletes(String name) {
            return new Row(found, variant, batches, damage, segmentId, verdict, records, name);
        }
    }

    private static final List<Row> ROWS = List.of(
            Row.opens(
                    "listed segment; header, footer and table agree with the manifest",
                    "",
                    4,
                    files -> {},
                    0,
                    Verdict.SEALED,
                    4),
            Row.refused(
                    "listed segment, missing or wrong",
                    "missing",
                    4,
                    files -> files.remove(SEALED),
                    0,
                    Verdict.MISSING),
            Row.refused(
                    "listed segment, missing or wrong",
                    "its header",
                    4,
                    files -> flip(files, SEALED, 40),
                    0,
                    Verdict.SEALED_DAMAGED),
            Row.refused(
                    "listed segment, missing or wrong",
                    "its table",
                    4,
                    files -> flip(files, SEALED, SEGMENT_BYTES),
                    0,
                    Verdict.SEALED_DAMAGED),
            Row.refused(
                    "listed segment, missing or wrong",
                    "its footer",
                    4,
                    files -> flip(files, SEALED, bytes(files, SEALED).length - 30),
                    0,
                    Verdict.SEALED_DAMAGED),
            Row.refused(
                    "listed segment, missing or wrong",
                    "another log's",
                    4,
                    files -> files.put(SEALED, otherSealed()),
                    0,
                    Verdict.SEALED_DAMAGED),
            Row.refused(
                    "a file of a newer version: manifest, marker, header or footer",
                    "manifest",
                    4,
                    files -> newer(files, Manifest.NAME),
                    -1,
                    null),
            Row.refused(
                    "a file of a newer version: manifest, marker, header or footer",
                    "header",
                    4,
                    files -> newer(files, TAIL),
                    -1,
                    null),
            Row.opens(
                            "tail segment whose first block is zero, without proof",
                            "",
                            4,
                            files -> {},
                            2,
                            Verdict.PREPARED,
                            4)
                    .deletes(PREPARED),
            Row.opens(
                    "tail segment that ends in a good trailer to which its frames reach",
                    "",
                    4,
                    RecoveryTableTest::unlist,
                    0,
                    Verdict.WHOLE,
                    4),
            Row.opens(
                    "tail segment that ends in a good trailer to which its frames reach",
                    "its last frame ends within a block",
                    1,
                    RecoveryTableTest::sealBehindATornWrite,
                    0,
                    Verdict.WHOLE,
                    1),
            Row.opens(
                    "tail segment that ends in a good trailer, and between that one's frames and it stand others",
                    "",
                    2,
                    files -> sealVouched(files, SEGMENT_BYTES),
                    0,
                    Verdict.WHOLE,
                    2),
            Row.opens(
                    "tail segment that ends in a good trailer, and between that one's frames and it stand others",
                    "it was cut there",
                    2,
                    files -> sealVouched(files, 2 * SEGMENT_BYTES),
                    0,
                    Verdict.WHOLE,
                    2),
            Row.opens(
                    "tail segment that ends in a good trailer, and between that one's frames and it stand others",
                    "which are no longer good",
                    2,
                    files -> {
                        sealVouched(files, 2 * SEGMENT_BYTES);
                        flip(files, SEALED, 2 * BLOCK + 50);
                    },
                    0,
                    Verdict.WHOLE,
                    1),
            Row.refused(
                    "tail segment that ends in a good trailer to which its frames do not reach, or whose header is not good",
                    "",
                    4,
                    files -> {
                        unlist(files);
                        flip(files, SEALED, 2 * BLOCK + 50);
                    },
                    0,
                    Verdict.CORRUPT),
            Row.refused(
                    "tail segment that ends in a good trailer to which its frames do not reach, or whose header is not good",
                    "its header, and it has one frame",
                    1,
                    files -> {
                        sealBehindATornWrite(files);
                        flip(files, SEALED, 40);
                    },
                    0,
                    Verdict.CORRUPT),
            Row.refused(
                    "tail segment shorter than it was made, without a trailer; or shorter than a header, with a later file after it",
                    "cut in its zeros",
                    3,
                    files -> files.put(TAIL, Arrays.copyOf(bytes(files, TAIL), 2 * BLOCK)),
                    1,
                    Verdict.CORRUPT),
            Row.refused(
                    "tail segment shorter than it was made, without a trailer; or shorter than a header, with a later file after it",
                    "cut in its header",
                    3,
                    files -> files.put(TAIL, Arrays.copyOf(bytes(files, TAIL), 100)),
                    1,
                    Verdict.CORRUPT),
            Row.opens(
                    "tail segment, good frames, then nothing of it: zeros, or what a recycled file held before",
                    "zeros",
                    3,
                    files -> {},
                    1,
                    Verdict.WHOLE,
                    3),
            Row.opens(
                    "tail segment, good frames, then nothing of it: zeros, or what a recycled file held before",
                    "old bytes",
                    3,
                    files -> flip(files, TAIL, 2 * BLOCK + 50),
                    1,
                    Verdict.WHOLE,
                    3),
            Row.opens(
                    "tail segment, good frames, then nothing of it: zeros, or what a recycled file held before",
                    "old frames",
                    3,
                    files -> recycle(files),
                    1,
                    Verdict.WHOLE,
                    3),
            Row.opens(
                    "tail segment, good frames, and the next header begins at the LSN at which they end",
                    "torn in its trailer",
                    4,
                    files -> {
                        unlist(files);
                        flip(files, SEALED, SEGMENT_BYTES);
                    },
                    0,
                    Verdict.WHOLE,
                    4),
            Row.opens(
                    "tail segment, good frames, then one that is not good, no later header and no proof",
                    "a bit of the last frame",
                    4,
                    files -> flip(files, TAIL, 2 * BLOCK + 50),
                    1,
                    Verdict.TORN,
                    3),
            Row.opens(
                            "tail segment whose header or first frame is not good, no later header and no proof",
                            "its header",
                            3,
                            files -> flip(files, TAIL, 40),
                            1,
                            Verdict.TORN_AT_START,
                            2)
                    .deletes(TAIL),
            Row.opens(
                            "tail segment whose header or first frame is not good, no later header and no proof",
                            "its first frame",
                            3,
                            files -> flip(files, TAIL, BLOCK + 50),
                            1,
                            Verdict.TORN_AT_START,
                            2)
                    .deletes(TAIL),
            Row.refused(
                    "a header that begins at a later LSN than the one at which the frames before it end",
                    "",
                    4,
                    files -> {
                        unlist(files);
                        flip(files, SEALED, 2 * BLOCK + 50);
                        flip(files, SEALED, SEGMENT_BYTES);
                    },
                    0,
                    Verdict.CORRUPT),
            Row.refused(
                    "bad bytes, and after them a good frame whose *durable LSN* is above the LSN that should stand there",
                    "in the segment",
                    4,
                    files -> flip(files, TAIL, BLOCK + 50),
                    1,
                    Verdict.CORRUPT),
            Row.refused(
                    "bad bytes, and after them a good frame whose *durable LSN* is above the LSN that should stand there",
                    "its header",
                    4,
                    files -> flip(files, TAIL, 40),
                    1,
                    Verdict.CORRUPT),
            Row.refused(
                    "bad bytes, and after them a good frame whose *durable LSN* is above the LSN that should stand there",
                    "in a later segment",
                    4,
                    files -> {
                        unlist(files);
                        flip(files, SEALED, BLOCK + 50);
                    },
                    0,
                    Verdict.CORRUPT),
            new Row(
                    "tail segment with the header of another log or another file",
                    "another file",
                    4,
                    files -> files.put(Segment.name(3), bytes(files, SEALED)),
                    3,
                    null,
                    4,
                    Segment.name(3)),
            new Row(
                    "tail segment with the header of another log or another file",
                    "another log",
                    4,
                    files -> files.put(Segment.name(3), otherSealed()),
                    3,
                    null,
                    4,
                    Segment.name(3)),
            Row.opens(
                            "tail segment that begins at a lower LSN than the one at which the frames before it end",
                            "",
                            3,
                            RecoveryTableTest::copyTail,
                            3,
                            Verdict.COPY,
                            3)
                    .deletes(Segment.name(3)),
            Row.refused(
                    "the log ends before the LSN of a good CLEAN marker",
                    "",
                    3,
                    files -> {
                        files.put(CleanMarker.NAME, bytes(new CleanMarker(LOG, 3).encode()));
                        files.remove(PREPARED);
                        flip(files, TAIL, BLOCK + 50);
                    },
                    1,
                    Verdict.CORRUPT));

    @TestFactory
    Stream<DynamicTest> everyLine() {
        return ROWS.stream()
                .map(row -> DynamicTest.dynamicTest(
                        row.found() + (row.variant().isEmpty() ? "" : ": " + row.variant()), () -> check(row)));
    }

    @Test
    void theTableOfTheDocumentIsThisOne() throws Exception {
        List<String> lines = Files.readAllLines(Path.of("..", "docs", "FORMAT.md"));
        List<String> documented = new ArrayList<>();
        for (int i = lines.indexOf("| found | verdict | what happens |") + 2;
                lines.get(i).startsWith("|");
                i++) {
            documented.add(lines.get(i).split("\\|", -1)[1].strip());
        }
        assertThat(ROWS.stream().map(Row::found).distinct()).containsExactlyElementsOf(documented);
    }

    private static void check(Row row) throws Exception {
        Map<String, byte[]> files = new TreeMap<>(log(LOG, row.batches()));
        row.damage().to(files);
        FaultyStorage storage = FaultyStorage.of(files);
        RecoveryReport report;
        if (row.records() < 0) {
            Throwable refused = catchThrowable(() -> Wal.open(storage, options(LOG)));
            Map<String, byte[]> left = storage.contents();
            assertThat(left.keySet()).isEqualTo(files.keySet());
            left.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(files.get(name)));
            if (row.verdict() == null) {
                assertThat(refused).isInstanceOf(UnsupportedVersionException.class);
                return;
            }
            assertThat(refused).isInstanceOf(WalCorruptException.class);
            report = ((WalCorruptException) refused).report().orElseThrow();
        } else {
            Wal wal = Wal.open(storage, options(LOG));
            LogModel found = Scenario.contents(wal);
            assertThat(found).isEqualTo(new LogModel(0, entries(row.records())));
            assertThat(wal.append(Scenario.encode(entries(1)))).isEqualTo(row.records());
            report = wal.recoveryReport();
        }
        assertThat(report.segments().stream()
                        .filter(finding -> finding.segmentId() == row.segmentId())
                        .map(SegmentFinding::verdict))
                .isEqualTo(row.verdict() == null ? List.of() : List.of(row.verdict()));
        if (row.deleted() != null) {
            assertThat(storage.contents()).doesNotContainKey(row.deleted());
        }
    }

    private static WalOptions options(UUID log) {
        int[] salt = {(int) log.getLeastSignificantBits()};
        return WalOptions.defaults()
                .withSizes(SEGMENT_BYTES, 4000, 4 * BLOCK)
                .withBackgroundWork(BackgroundWork.INLINE)
                .withIdentity(() -> log)
                .withSalts(() -> salt[0] = salt[0] * 31 + 7);
    }

    private static Map<String, byte[]> log(UUID id, int batches) throws IOException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, options(id));
        for (LogModel.Entry entry : entries(batches)) {
            wal.append(Scenario.encode(List.of(entry)));
        }
        return storage.contents();
    }

    private static List<LogModel.Entry> entries(int count) {
        List<LogModel.Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new LogModel.Entry(i, "record " + i));
        }
        return entries;
    }

    /** Puts frames of the first segment behind those of the tail, where its writes have not come yet. */
    private static void recycle(Map<String, byte[]> files) {
        byte[] tail = bytes(files, TAIL).clone();
        System.arraycopy(bytes(files, SEALED), BLOCK, tail, 2 * BLOCK, tail.length - 2 * BLOCK);
        files.put(TAIL, tail);
    }

    private static byte[] otherSealed() throws IOException {
        return bytes(log(new UUID(3, 4), 4), SEALED);
    }

    /** As it was before the first segment was listed, its sealing cut short before the file was cut. */
    private static void unlist(Map<String, byte[]> files) {
        files.put(Manifest.NAME, bytes(new Manifest(LOG, 0, 0, 0, List.of()).encode()));
    }

    /** As a recovery leaves it that crashed before it listed the copy. */
    private static void copyTail(Map<String, byte[]> files) throws Exception {
        ByteBuffer copy =
                ByteBuffer.wrap(Arrays.copyOf(bytes(files, TAIL), 2 * BLOCK)).order(ByteOrder.LITTLE_ENDIAN);
        SegmentHeader from = SegmentHeader.read(copy.slice(0, BLOCK));
        copy.put(0, new byte[BLOCK]);
        new SegmentHeader(LOG, 3, from.baseLsn(), from.salt(), 0).write(copy);
        files.put(Segment.name(3), copy.array());
    }

    /** The first segment as if another batch had been in its write, and torn: its frame does not fill the block. */
    private static void sealBehindATornWrite(Map<String, byte[]> files) throws Exception {
        unlist(files);
        int salt = SegmentHeader.read(
                        ByteBuffer.wrap(bytes(files, SEALED), 0, BLOCK).slice().order(ByteOrder.LITTLE_ENDIAN))
                .salt();
        ByteBuffer trailer = new SegmentTrailer(0, 1, salt, 2 * BLOCK, new long[] {0}, new long[] {BLOCK}, 0).encode();
        ByteBuffer sealed = ByteBuffer.allocate(2 * BLOCK + trailer.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        sealed.put(bytes(files, SEALED), 0, 2 * BLOCK).put(trailer);
        int used = FrameFormat.usedBytes(sealed, BLOCK) + FrameFormat.ALIGNMENT - 1 & -FrameFormat.ALIGNMENT;
        FrameFormat.pad(sealed, BLOCK, used);
        FrameFormat.finish(sealed, BLOCK, 0, salt, new CRC32C());
        sealed.put(BLOCK + used, (byte) 1); // of the frame that is not there
        files.put(SEALED, sealed.array());
    }

    /** As a recovery leaves it that crashed when it had sealed what was known to be durable, before it had copied the rest. */
    private static void sealVouched(Map<String, byte[]> files, int madeBytes) throws Exception {
        ByteBuffer frames = ByteBuffer.wrap(bytes(files, SEALED), 0, SEGMENT_BYTES);
        int salt = SegmentHeader.read(frames.slice(0, BLOCK).order(ByteOrder.LITTLE_ENDIAN))
                .salt();
        ByteBuffer trailer =
                new SegmentTrailer(0, 1, salt, SEGMENT_BYTES, new long[] {0}, new long[] {BLOCK}, 0).encode();
        ByteBuffer sealed =
                ByteBuffer.allocate(SEGMENT_BYTES + trailer.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        new SegmentHeader(LOG, 0, 0, salt, madeBytes).write(sealed);
        sealed.put(BLOCK, frames, BLOCK, 2 * BLOCK).put(SEGMENT_BYTES, trailer, 0, trailer.remaining());
        files.put(SEALED, sealed.array());
    }

    /** Raises the version, behind the magic, and corrects the checksum behind that, of the file or its first block. */
    private static void newer(Map<String, byte[]> files, String name) {
        byte[] changed = bytes(files, name).clone();
        changed[8]++;
        CRC32C crc = new CRC32C();
        crc.update(changed, 0, 12);
        crc.update(changed, 16, Math.min(BLOCK, changed.length) - 16);
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(12, (int) crc.getValue());
        files.put(name, changed);
    }

    private static void flip(Map<String, byte[]> files, String name, int at) {
        byte[] damaged = bytes(files, name).clone();
        damaged[at] ^= 0x10;
        files.put(name, damaged);
    }

    private static byte[] bytes(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
