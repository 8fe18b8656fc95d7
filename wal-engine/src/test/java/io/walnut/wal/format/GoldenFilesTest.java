package io.walnut.wal.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.Compression;
import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalOptions.Verification;
import io.walnut.wal.WalRecord;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files of this version of the format, kept: today's code writes them byte for byte, reads them, and they are what
 * {@code docs/FORMAT.md} draws. After a change of the format write them anew:
 *
 * <pre>{@code mvn -pl wal-engine test -Dtest=GoldenFilesTest -Dwalnut.golden=write}</pre>
 */
class GoldenFilesTest {
    private static final Path KEPT = Path.of("src", "test", "resources", "golden", "wal");
    private static final String SEALED = Segment.name(0);
    private static final String TAIL = Segment.name(1);
    private static final String COMPACTED = Segment.name(3);
    private static final UUID LOG = UUID.fromString("01234567-89ab-cdef-fedc-ba9876543210");
    private static final long FIRST_LSN = 100;
    private static final int FIRST_SALT = 0x5A17_0001;

    /** The records, in batches; the first two batches fill the sealed segment, the last two went out in one write. */
    private static final List<List<String>> BATCHES = List.of(
            List.of("first", ""), List.of("second batch"), List.of("third"), List.of("four", "five"), List.of("6"));

    private static final String COMPRESSIBLE = "{\"user\":\"somebody\",\"amount\":42}".repeat(40);

    private static WalOptions options() {
        int[] salt = {FIRST_SALT};
        return WalOptions.defaults()
                .withSizes(3 * 4096, 4000, 4 * 4096)
                .withFirstLsn(FIRST_LSN)
                .withVerification(Verification.FULL)
                .withBackgroundWork(BackgroundWork.INLINE)
                .withIdentity(() -> LOG)
                .withSalts(() -> salt[0]++);
    }

    private static long tag(long lsn) {
        return 0x1122_3344_5566_0000L + lsn;
    }

    private static Wal write(FaultyStorage storage) throws IOException {
        Wal wal = Wal.open(storage, options());
        long lsn = FIRST_LSN;
        for (int i = 0; i < BATCHES.size(); i++) {
            Batch batch = new Batch();
            for (String payload : BATCHES.get(i)) {
                batch.add(tag(lsn++), ByteBuffer.wrap(payload.getBytes(StandardCharsets.UTF_8)));
            }
            if (i == BATCHES.size() - 2) {
                wal.enqueue(batch);
            } else {
                wal.append(batch);
            }
        }
        return wal;
    }

    /** As a log that is in use leaves its directory; without the segment that is only prepared, which is zeros. */
    private static Map<String, byte[]> inUse() throws IOException {
        FaultyStorage storage = new FaultyStorage();
        write(storage);
        Map<String, byte[]> files = new TreeMap<>(storage.contents());
        assertThat(files.remove(Segment.name(2))).containsOnly(0);
        return files;
    }

    private static Map<String, byte[]> closed() throws IOException {
        FaultyStorage storage = new FaultyStorage();
        write(storage).close();
        return storage.contents();
    }

    /** Of seven records in five frames, 101, 105 and 106 are left; the second frame and the third have become one gap. */
    private static Map<String, byte[]> compacted() throws IOException {
        FaultyStorage storage = new FaultyStorage();
        try (Wal wal = write(storage)) {
            wal.roll();
            wal.compact(Long.MAX_VALUE, record -> Set.of(101L, 105L, 106L).contains(record.lsn()), progress -> true);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return storage.contents();
    }

    private static Map<String, byte[]> kept(String directory, Map<String, byte[]> written) throws IOException {
        Path path = KEPT.resolve(directory);
        if ("write".equals(System.getProperty("walnut.golden"))) {
            Files.createDirectories(path);
            for (Map.Entry<String, byte[]> file : written.entrySet()) {
                Files.write(path.resolve(file.getKey()), file.getValue());
            }
        }
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> list = Files.list(path)) {
            for (Path file : list.toList()) {
                files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
            }
        }
        return files;
    }

    @Test
    void todaysCodeWritesTheVerySameBytes() throws Exception {
        same(inUse(), kept("in-use", inUse()));
        same(closed(), kept("closed", closed()));
        same(compacted(), kept("compacted", compacted()));
    }

    private static void same(Map<String, byte[]> written, Map<String, byte[]> kept) {
        assertThat(written.keySet()).isEqualTo(kept.keySet());
        written.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(kept.get(name)));
    }

    @Test
    void todaysCodeReadsALogThatWasInUse() throws Exception {
        Wal wal = Wal.open(FaultyStorage.of(kept("in-use", inUse())), options());
        assertThat(wal.recoveryReport().clean()).isFalse();
        assertThat(wal.recoveryReport().segments().stream().map(SegmentFinding::verdict))
                .containsExactly(Verdict.SEALED, Verdict.WHOLE);
        assertContents(wal);
    }

    @Test
    void todaysCodeReadsALogThatWasClosed() throws Exception {
        Wal wal = Wal.open(FaultyStorage.of(kept("closed", closed())), options());
        assertThat(wal.recoveryReport().clean()).isTrue();
        assertThat(wal.recoveryReport().segments().stream().map(SegmentFinding::verdict))
                .containsExactly(Verdict.SEALED, Verdict.SEALED);
        assertContents(wal);
    }

    private static void assertContents(Wal wal) throws IOException {
        List<String> found = new ArrayList<>();
        assertThat(wal.startLsn()).isEqualTo(FIRST_LSN);
        try (Cursor cursor = wal.cursor(FIRST_LSN)) {
            while (cursor.next()) {
                WalRecord record = cursor.record();
                assertThat(record.lsn()).isEqualTo(FIRST_LSN + found.size());
                assertThat(record.tag()).isEqualTo(tag(record.lsn()));
                found.add(StandardCharsets.UTF_8.decode(record.payload()).toString());
            }
        }
        assertThat(found).isEqualTo(BATCHES.stream().flatMap(List::stream).toList());
    }

    /** What compresses may do it otherwise tomorrow: so the bytes are kept, and read, but not written anew. */
    @ParameterizedTest
    @CsvSource({"lz4, 1", "zstd, 2"})
    void compressedFramesAreAsDrawnAndAreRead(String how, int codec) throws Exception {
        Map<String, byte[]> files = kept(how, compressed(how));
        Map<String, Integer> frame = Layouts.ofTheDocument().ruler("**Frame**");
        Map<String, Integer> stored = Layouts.ofTheDocument().list("compressed:");
        assertThat(stored).containsOnlyKeys("length of the records", "what they became");
        ByteBuffer first = ByteBuffer.wrap(Objects.requireNonNull(files.get(SEALED)))
                .slice(4096, 4096)
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(first.getInt(at(frame, "flags"))).isEqualTo(codec);
        assertThat(first.getInt(at(frame, "count"))).isEqualTo(2);
        int records = 2 * 12 + 2 * COMPRESSIBLE.length();
        assertThat(first.getInt(at(frame, "records") + at(stored, "length of the records")))
                .isEqualTo(records);
        assertThat(first.getInt(at(frame, "bytes"))).isLessThan(records / 4);
        try (Wal wal = Wal.open(FaultyStorage.of(files), options());
                Cursor cursor = wal.cursor(FIRST_LSN)) {
            for (int i = 0; i < 3; i++) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.tag()).isEqualTo(tag(FIRST_LSN + i));
                assertThat(StandardCharsets.UTF_8.decode(cursor.payload()).toString())
                        .isEqualTo(i < 2 ? COMPRESSIBLE : "short");
            }
            assertThat(cursor.next()).isFalse();
        }
    }

    private static Map<String, byte[]> compressed(String how) throws IOException {
        FaultyStorage storage = new FaultyStorage();
        Compression compression = how.equals("lz4") ? Compression.lz4() : Compression.zstd(3);
        try (Wal wal = Wal.open(storage, options().withCompression(compression))) {
            ByteBuffer payload = ByteBuffer.wrap(COMPRESSIBLE.getBytes(StandardCharsets.UTF_8));
            wal.append(new Batch().add(tag(FIRST_LSN), payload).add(tag(FIRST_LSN + 1), payload));
            wal.append(new Batch().add(tag(FIRST_LSN + 2), ByteBuffer.wrap("short".getBytes(StandardCharsets.UTF_8))));
        }
        return storage.contents();
    }

    @Test
    void theHeaderIsAsDrawn() throws Exception {
        Map<String, Integer> fields = Layouts.ofTheDocument().ruler("**Header**");
        assertThat(fields)
                .containsOnlyKeys(
                        "magic",
                        "version",
                        "crc32c",
                        "log UUID",
                        "segment id",
                        "base LSN",
                        "salt",
                        "0",
                        "made length",
                        "zeros");
        ByteBuffer header = file("in-use", TAIL).slice(0, 4096).order(ByteOrder.LITTLE_ENDIAN);
        assertMagic(header, fields, "WALNUTSG");
        assertThat(header.getLong(at(fields, "segment id"))).isEqualTo(1);
        assertThat(header.getLong(at(fields, "base LSN"))).isEqualTo(FIRST_LSN + 3);
        assertThat(header.getInt(at(fields, "salt"))).isEqualTo(FIRST_SALT + 1);
        assertThat(header.getInt(at(fields, "0"))).isZero();
        assertThat(header.getLong(at(fields, "made length")))
                .isEqualTo(file("in-use", TAIL).limit());
        for (int i = at(fields, "zeros"); i < header.limit(); i++) {
            assertThat(header.get(i)).isZero();
        }
        assertThat(header.getInt(at(fields, "crc32c"))).isEqualTo(crcWithout(header, at(fields, "crc32c")));
    }

    @Test
    void theFramesAreAsDrawn() throws Exception {
        Map<String, Integer> fields = Layouts.ofTheDocument().ruler("**Frame**");
        assertThat(fields)
                .containsOnlyKeys(
                        "crc32c", "length", "first LSN", "durable LSN", "salt", "bytes", "count", "flags", "records");
        ByteBuffer tail = file("in-use", TAIL);
        // One frame in a write of its own, then two in one write: only the last of a write reaches to the end of its
        // block.
        int second = 2 * 4096;
        assertFrame(tail, fields, 4096, 4096, FIRST_LSN + 3, FIRST_LSN + 3, List.of("third"));
        int length = (at(fields, "records") + 2 * 12 + "fourfive".length() + 7) / 8 * 8;
        assertFrame(tail, fields, second, length, FIRST_LSN + 4, FIRST_LSN + 4, List.of("four", "five"));
        assertFrame(tail, fields, second + length, 4096 - length, FIRST_LSN + 6, FIRST_LSN + 4, List.of("6"));
    }

    private static void assertFrame(
            ByteBuffer file,
            Map<String, Integer> fields,
            int position,
            int length,
            long firstLsn,
            long durableLsn,
            List<String> payloads)
            throws IOException {
        ByteBuffer frame = file.slice(position, length).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(frame.getInt(at(fields, "length"))).isEqualTo(length);
        assertThat(frame.getLong(at(fields, "first LSN"))).isEqualTo(firstLsn);
        assertThat(frame.getLong(at(fields, "durable LSN"))).isEqualTo(durableLsn);
        assertThat(frame.getInt(at(fields, "salt"))).isEqualTo(FIRST_SALT + 1);
        assertThat(frame.getInt(at(fields, "count"))).isEqualTo(payloads.size());
        assertThat(frame.getInt(at(fields, "flags"))).isZero();
        CRC32C crc = new CRC32C();
        crc.update(frame.slice(at(fields, "length"), length - at(fields, "length")));
        assertThat(frame.getInt(at(fields, "crc32c"))).isEqualTo((int) crc.getValue());

        Map<String, Integer> record = Layouts.ofTheDocument().list("record:");
        assertThat(record).containsOnlyKeys("length", "tag", "payload");
        int at = at(fields, "records");
        for (int i = 0; i < payloads.size(); i++) {
            byte[] payload = payloads.get(i).getBytes(StandardCharsets.UTF_8);
            assertThat(frame.getInt(at + at(record, "length"))).isEqualTo(payload.length);
            assertThat(frame.getLong(at + at(record, "tag"))).isEqualTo(tag(firstLsn + i));
            byte[] found = new byte[payload.length];
            frame.get(at + at(record, "payload"), found);
            assertThat(found).isEqualTo(payload);
            at += at(record, "payload") + payload.length;
        }
        assertThat(frame.getInt(at(fields, "bytes"))).isEqualTo(at - at(fields, "records"));
        for (; at < length; at++) {
            assertThat(frame.get(at)).isZero();
        }
    }

    @Test
    void theGapsAreAsDrawn() throws Exception {
        Map<String, Integer> fields = Layouts.ofTheDocument().ruler("**Frame**");
        Map<String, Integer> gap = Layouts.ofTheDocument().list("gap:");
        Map<String, Integer> footer = Layouts.ofTheDocument().list("footer, 64 bytes:");
        assertThat(gap).containsOnlyKeys("mark", "records");
        Map<String, byte[]> files = kept("compacted", compacted());
        assertThat(files).containsOnlyKeys(COMPACTED, Manifest.NAME, CleanMarker.NAME);
        ByteBuffer file =
                ByteBuffer.wrap(Objects.requireNonNull(files.get(COMPACTED))).order(ByteOrder.LITTLE_ENDIAN);
        int record = 12;
        // A gap and a record; a gap for two frames; a gap and a record; a frame that is whole.
        int[][] frames = {
            {100, 2, 8 + record, 256}, {102, 2, 8, 256}, {104, 2, 8 + record + 4, 256}, {106, 1, record + 1, 0}
        };
        int at = 4096;
        for (int[] expected : frames) {
            assertThat(file.getLong(at + at(fields, "first LSN"))).isEqualTo(expected[0]);
            assertThat(file.getLong(at + at(fields, "durable LSN"))).isEqualTo(expected[0]);
            assertThat(file.getInt(at + at(fields, "count"))).isEqualTo(expected[1]);
            assertThat(file.getInt(at + at(fields, "bytes"))).isEqualTo(expected[2]);
            assertThat(file.getInt(at + at(fields, "flags"))).isEqualTo(expected[3]);
            int records = at + at(fields, "records");
            if (expected[3] != 0) {
                assertThat(file.getInt(records + at(gap, "mark"))).isEqualTo(0xFFFF_FFFF);
                assertThat(file.getInt(records + at(gap, "records"))).isEqualTo(expected[0] == 102 ? 2 : 1);
            }
            int length = (at(fields, "records") + expected[2] + 7) / 8 * 8;
            assertThat(file.getInt(at + at(fields, "length"))).isEqualTo(length);
            at += length;
        }
        assertThat(file.getInt(file.limit() - 64 + at(footer, "frames"))).isEqualTo(4);
        assertThat(file.getInt(file.limit() - 64 + at(footer, "gone"))).isEqualTo(4);
    }

    @Test
    void todaysCodeReadsALogThatWasCompacted() throws Exception {
        try (Wal wal = Wal.open(FaultyStorage.of(kept("compacted", compacted())), options())) {
            List<Long> found = new ArrayList<>();
            try (Cursor cursor = wal.cursor(FIRST_LSN)) {
                while (cursor.next()) {
                    found.add(cursor.lsn());
                    assertThat(cursor.tag()).isEqualTo(tag(cursor.lsn()));
                }
            }
            assertThat(found).containsExactly(101L, 105L, 106L);
        }
    }

    @Test
    void theTrailerIsAsDrawn() throws Exception {
        Layouts layouts = Layouts.ofTheDocument();
        Map<String, Integer> row = layouts.list("table, a row a frame:");
        Map<String, Integer> fields = layouts.list("footer, 64 bytes:");
        ByteBuffer file = file("in-use", SEALED);
        ByteBuffer footer = file.slice(file.limit() - 64, 64).order(ByteOrder.LITTLE_ENDIAN);
        int table = 3 * 4096;
        assertThat(file.limit()).isEqualTo(table + 2 * 8 + 64);
        assertThat(ascii(footer, at(fields, "magic"))).isEqualTo("WALNUTFT");
        assertThat(footer.getInt(at(fields, "version"))).isEqualTo(1);
        assertThat(footer.getLong(at(fields, "base LSN"))).isEqualTo(FIRST_LSN);
        assertThat(footer.getLong(at(fields, "end LSN"))).isEqualTo(FIRST_LSN + 3);
        assertThat(footer.getLong(at(fields, "salt"))).isEqualTo(FIRST_SALT);
        assertThat(footer.getLong(at(fields, "table position"))).isEqualTo(table);
        assertThat(footer.getInt(at(fields, "frames"))).isEqualTo(2);
        assertThat(footer.getInt(at(fields, "gone"))).isZero();
        assertThat(footer.getLong(at(fields, "file length"))).isEqualTo(file.limit());

        long[] firstLsns = {0, 2};
        for (int i = 0; i < 2; i++) {
            assertThat(file.getInt(table + i * 8 + at(row, "first LSN - base LSN")))
                    .isEqualTo((int) firstLsns[i]);
            assertThat(file.getInt(table + i * 8 + at(row, "position / 8"))).isEqualTo((i + 1) * 4096 / 8);
        }
        CRC32C crc = new CRC32C();
        crc.update(footer.slice(0, at(fields, "crc32c")));
        crc.update(footer.slice(at(fields, "crc32c") + 4, 64 - at(fields, "crc32c") - 4));
        crc.update(file.slice(table, 2 * 8));
        assertThat(footer.getInt(at(fields, "crc32c"))).isEqualTo((int) crc.getValue());
    }

    @Test
    void theManifestIsAsDrawn() throws Exception {
        Layouts layouts = Layouts.ofTheDocument();
        Map<String, Integer> fields = layouts.ruler("## MANIFEST");
        ByteBuffer manifest = file("in-use", Manifest.NAME);
        assertMagic(manifest, fields, "WALNUTMF");
        assertThat(manifest.getLong(at(fields, "start LSN"))).isEqualTo(FIRST_LSN);
        assertThat(manifest.getLong(at(fields, "tail id"))).isEqualTo(1);
        assertThat(manifest.getLong(at(fields, "tail LSN"))).isEqualTo(FIRST_LSN + 3);
        assertThat(manifest.getInt(at(fields, "count"))).isEqualTo(1);
        assertThat(manifest.getInt(at(fields, "0"))).isZero();
        assertThat(manifest.getInt(at(fields, "crc32c"))).isEqualTo(crcWithout(manifest, at(fields, "crc32c")));

        Map<String, Integer> row = layouts.list("row:");
        int rows = at(fields, "0") + 4;
        assertThat(manifest.limit()).isEqualTo(rows + 32);
        assertThat(manifest.getLong(rows + at(row, "segment id"))).isZero();
        assertThat(manifest.getLong(rows + at(row, "base LSN"))).isEqualTo(FIRST_LSN);
        assertThat(manifest.getLong(rows + at(row, "end LSN"))).isEqualTo(FIRST_LSN + 3);
        assertThat(manifest.getLong(rows + at(row, "salt"))).isEqualTo(FIRST_SALT);
    }

    @Test
    void theCleanMarkerIsAsDrawn() throws Exception {
        Map<String, Integer> fields = Layouts.ofTheDocument().list("`magic \"WALNUTCL\"");
        ByteBuffer marker = file("closed", CleanMarker.NAME);
        assertThat(ascii(marker, 0)).isEqualTo("WALNUTCL");
        assertThat(marker.getInt(at(fields, "version"))).isEqualTo(1);
        assertUuid(marker, at(fields, "log UUID"));
        assertThat(marker.getLong(at(fields, "end LSN"))).isEqualTo(FIRST_LSN + 7);
        assertThat(marker.limit()).isEqualTo(at(fields, "end LSN") + 8);
        assertThat(marker.getInt(at(fields, "crc32c"))).isEqualTo(crcWithout(marker, at(fields, "crc32c")));
    }

    private static void assertMagic(ByteBuffer bytes, Map<String, Integer> fields, String magic) {
        assertThat(ascii(bytes, at(fields, "magic"))).isEqualTo(magic);
        assertThat(bytes.getInt(at(fields, "version"))).isEqualTo(1);
        assertUuid(bytes, at(fields, "log UUID"));
    }

    private static void assertUuid(ByteBuffer bytes, int at) {
        assertThat(new UUID(bytes.getLong(at), bytes.getLong(at + 8))).isEqualTo(LOG);
    }

    private static String ascii(ByteBuffer bytes, int at) {
        byte[] text = new byte[8];
        bytes.get(at, text);
        return new String(text, StandardCharsets.US_ASCII);
    }

    private static int at(Map<String, Integer> fields, String name) {
        return Objects.requireNonNull(fields.get(name), () -> name + " of " + fields);
    }

    private static int crcWithout(ByteBuffer bytes, int field) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, field));
        crc.update(bytes.slice(field + 4, bytes.limit() - field - 4));
        return (int) crc.getValue();
    }

    private static ByteBuffer file(String directory, String name) throws IOException {
        Map<String, byte[]> files = kept(directory, directory.equals("closed") ? closed() : inUse());
        return ByteBuffer.wrap(Objects.requireNonNull(files.get(name))).order(ByteOrder.LITTLE_ENDIAN);
    }
}
