package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments that are made of the files of trimmed ones. */
class RecyclingTest {
    private static final String RECORD = "x".repeat(3000);
    private static final int RECORDS = 40; // seven to a segment

    @TempDir
    Path root;

    private Path directory;
    private final List<String> expected = new ArrayList<>();

    @BeforeEach
    void where() {
        directory = root.resolve("log");
    }

    @Test
    void theFileOfATrimmedSegmentIsWrittenAgain() throws Exception {
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, RECORDS);
            Set<Object> before = inodes(directory);

            trim(wal, 30);
            append(wal, RECORDS);

            Set<Object> reused = inodes(directory);
            reused.retainAll(before);
            assertThat(reused).as("of 6 trimmed files, 2 are kept").hasSizeGreaterThanOrEqualTo(2);
            assertThat(Logs.contents(wal)).isEqualTo(expected);
            assertThat(contentsAfterACrash()).isEqualTo(expected);
        }
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            assertThat(Logs.contents(wal)).isEqualTo(expected);
        }
    }

    @Test
    void aFileThatHasAnotherNameIsLeftAsItIs() throws Exception {
        Path checkpoint = Files.createDirectory(root.resolve("checkpoint"));
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, RECORDS);
            wal.checkpoint(checkpoint);
            Map<Path, byte[]> linked = bytes(checkpoint);

            trim(wal, 30);
            append(wal, RECORDS);
            trim(wal, 30);
            append(wal, RECORDS);

            bytes(checkpoint)
                    .forEach((path, bytes) ->
                            assertThat(bytes).as(path.toString()).isEqualTo(linked.get(path)));
            assertThat(Logs.contents(wal)).isEqualTo(expected);
        }
    }

    @Test
    void aSegmentThatSomebodyReadsIsNotWrittenAgain() throws Exception {
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, RECORDS);
            try (Cursor cursor = wal.cursor(0)) {
                assertThat(cursor.next()).isTrue();
                trim(wal, 30);
                append(wal, RECORDS);
                assertThat(Logs.text(cursor.record())).isEqualTo(RECORD + 0);
            }
        }
    }

    /** Old frames above the new end, with a proof in them that they had been durable, must not be taken for this log's. */
    @Test
    void whatIsTakenBackDoesNotComeBackOutOfARecycledFile() throws Exception {
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, RECORDS);
            trim(wal, 30); // the next segment is made of a file that holds LSNs below 30
            append(wal, 1);
            wal.reset(3);
            expected.clear();
            assertThat(contentsAfterACrash()).isEmpty();
            append(wal, 4);
            assertThat(contentsAfterACrash()).isEqualTo(expected);
        }
    }

    /** So must what a truncation left in the file of a segment, though the log was closed and opened since. */
    @Test
    void aSegmentThatWasCutIsNotRecycled() throws Exception {
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, 14);
            wal.truncateAfter(7); // the second segment has more than that
            expected.subList(8, expected.size()).clear();
        }
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, 1);
            trim(wal, 8);
            for (int i = 0; i < 2; i++) {
                wal.roll();
                append(wal, 1); // and the segment after this one is prepared
            }
            assertThat(contentsAfterACrash()).isEqualTo(expected);
        }
    }

    @Test
    void spareFilesGoWithTheClose() throws Exception {
        try (Wal wal = Wal.open(directory, Logs.inline())) {
            append(wal, RECORDS);
            trim(wal, 30);
            assertThat(inodes(directory))
                    .as("2 spare, one prepared")
                    .hasSizeGreaterThan(wal.stats().segments() + 2);
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.filter(RecyclingTest::isSegment)).hasSize(2);
        }
    }

    @Test
    void aSpareFileThatCannotBeRenamedGoesAndTheLogGoesOn() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        try (Wal wal = Wal.open(storage, Logs.inline().withSpareSegments(1))) {
            append(wal, RECORDS);
            trim(wal, 30);
            String spare = storage.list().stream()
                    .filter(name -> Segment.id(name) >= 0)
                    .min(String::compareTo)
                    .orElseThrow();
            storage.refuse((_, kind, name) -> {
                if (kind == FaultyStorage.Kind.RENAME && name.startsWith(spare)) {
                    throw new IOException("planted");
                }
            });
            append(wal, RECORDS);
            assertThat(storage.list()).doesNotContain(spare);
            assertThat(Logs.contents(wal)).isEqualTo(expected);
        }
    }

    @Test
    void noneIsKeptWhenNoneIsWanted() throws Exception {
        try (Wal wal = Wal.open(directory, Logs.inline().withSpareSegments(0))) {
            append(wal, RECORDS);
            trim(wal, 30);
            assertThat(inodes(directory)).hasSize(wal.stats().segments() + 1);
        }
    }

    private void append(Wal wal, int records) throws WalException {
        for (int i = 0; i < records; i++) {
            String record = RECORD + wal.endLsn();
            wal.append(Logs.batch(record));
            expected.add(record);
        }
    }

    private void trim(Wal wal, int records) throws WalException {
        wal.trimBefore(wal.startLsn() + records);
        expected.subList(0, records).clear();
    }

    /** What another process would find if this one were killed now. */
    private List<String> contentsAfterACrash() throws IOException {
        Path copy = Files.createTempDirectory(root, "crashed");
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(String.valueOf(file.getFileName())));
            }
        }
        try (Wal wal = Wal.open(copy, Logs.inline())) {
            return Logs.contents(wal);
        }
    }

    private static Set<Object> inodes(Path directory) throws IOException {
        Set<Object> inodes = new HashSet<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(RecyclingTest::isSegment).toList()) {
                inodes.add(Files.getAttribute(file, "unix:ino"));
            }
        }
        return inodes;
    }

    private static Map<Path, byte[]> bytes(Path directory) throws IOException {
        Map<Path, byte[]> bytes = new HashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                bytes.put(file, Files.readAllBytes(file));
            }
        }
        return bytes;
    }

    private static boolean isSegment(Path file) {
        return Segment.id(String.valueOf(file.getFileName())) >= 0;
    }
}
