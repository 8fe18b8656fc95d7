package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.record.BatchWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code walnut wal} finds, prints and ends with. */
class WalCommandTest {
    private static final int RECORDS = 20;
    private static final long TERM = 7;

    /** The numbers of Raft's kinds of entry, as tags hold them: state machine, configuration, metadata. */
    private static final List<Long> KINDS = List.of(3L, 4L, 5L);

    @TempDir
    Path node = Path.of(".");

    private Path log = Path.of(".");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeTheLogOfANode() throws Exception {
        log = node.resolve("data").resolve("raft").resolve("group").resolve("wal");
        try (Wal wal = Wal.open(log, WalOptions.defaults())) {
            for (int i = 0; i < RECORDS; i++) {
                long tag = TERM << 8 | KINDS.get(i % KINDS.size());
                assertThat(wal.append(Batch.of(tag, ByteBuffer.allocate(10)))).isEqualTo(i);
            }
        }
    }

    private int run(Object... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(Stream.of(args).map(String::valueOf).toArray(String[]::new));
    }

    /** Each record has a block of its own, after that of the header. */
    private void damage(long lsn) throws Exception {
        Path segment = log.resolve("%020d.seg".formatted(0));
        byte[] bytes = Files.readAllBytes(segment);
        bytes[(int) (4096 * (lsn + 1)) + 60] ^= 1;
        Files.write(segment, bytes);
    }

    @Test
    void aRowIsMeasuredAndNothingIsLeft() throws Exception {
        Path scratch = Files.createDirectory(node.resolve("scratch"));
        assertThat(run(
                        "wal",
                        "bench",
                        "--rows",
                        "A1",
                        "--seconds",
                        1,
                        "--warm-up",
                        0,
                        "--dir",
                        scratch,
                        "--output",
                        "json"))
                .isZero();
        JsonNode row = new ObjectMapper().readTree(out.toString());
        assertThat(row.fieldNames())
                .toIterable()
                .containsExactly(
                        "row",
                        "workload",
                        "backend",
                        "ops_per_s",
                        "bytes_per_s",
                        "p50_us",
                        "p99_us",
                        "p999_us",
                        "allocated_bytes_per_op",
                        "reference",
                        "ratio");
        assertThat(row.get("ops_per_s").asLong()).isPositive();
        assertThat(row.get("bytes_per_s").asLong())
                .isCloseTo(row.get("ops_per_s").asLong() * 1024, Offset.offset(1024L));
        assertThat(row.get("p50_us").asDouble())
                .isPositive()
                .isLessThanOrEqualTo(row.get("p99_us").asDouble());
        assertThat(scratch).isEmptyDirectory();
    }

    @Test
    void aRowThatThereIsNotIsNamed() {
        assertThat(run("wal", "bench", "--rows", "B7")).isEqualTo(2);
        assertThat(err.toString()).contains("--rows has 'B7'; expected some of A1,");
        assertThat(run("wal", "bench", "--seconds", 0)).isEqualTo(2);
        assertThat(err.toString()).contains("--seconds is 0; expected 1 to 3600");
    }

    @Test
    void theLogIsFoundFromEveryDirectoryAboveIt() {
        for (String given : List.of("", "data", "data/raft", "data/raft/group/wal")) {
            assertThat(run("wal", "verify", node.resolve(given))).as(given).isZero();
            assertThat(out.toString()).contains("log in " + log, "verified " + RECORDS + " records");
        }
    }

    @Test
    void directoryWithoutALogIsAFailureAndStaysEmpty() throws Exception {
        Path empty = Files.createDirectory(node.resolve("empty"));
        for (String verb : List.of("verify", "dump", "repair", "stats")) {
            assertThat(run("wal", verb, empty)).isEqualTo(1);
            assertThat(err.toString()).startsWith("walnut: no log in " + empty).hasLineCount(1);
            assertThat(out.toString()).isEmpty();
        }
        assertThat(empty).isEmptyDirectory();
    }

    @Test
    void whatIsNoDirectoryIsAFailureWithoutATable() {
        assertThat(run("wal", "dump", node.resolve("none"))).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("is not a directory").hasLineCount(1);
    }

    @Test
    void repairSaysWhatItWouldDoAndDoesItWhenTold() throws Exception {
        Path backup = Files.createDirectory(node.resolve("backup"));
        Path segment = log.resolve("%020d.seg".formatted(0));
        Files.copy(segment, backup.resolve("copy-of-the-first.seg"));
        damage(3);
        byte[] damaged = Files.readAllBytes(segment);

        assertThat(run("wal", "repair", log)).isEqualTo(7);
        assertThat(run("wal", "repair", log, "--yes")).isEqualTo(7);
        assertThat(run("wal", "repair", log, "--yes", "--from", backup)).isEqualTo(7); // no segment's name
        Files.move(backup.resolve("copy-of-the-first.seg"), backup.resolve(segment.getFileName()));
        assertThat(run("wal", "repair", log, "--from", backup)).isZero();
        assertThat(out.toString()).contains("nothing was changed; with --yes this is done");
        assertThat(Files.readAllBytes(segment)).isEqualTo(damaged);

        assertThat(run("wal", "repair", log, "--from", backup, "--yes", "--output", "json"))
                .isZero();
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertThat(report.get("changed").asBoolean()).isTrue();
        assertThat(report.get("lost")).isEmpty();
        assertThat(Files.readAllBytes(log.resolve(segment.getFileName() + ".quarantined")))
                .isEqualTo(damaged);
        assertThat(run("wal", "verify", log)).isZero();
        assertThat(out.toString()).contains("verified " + RECORDS + " records");

        assertThat(run("wal", "repair", log)).isZero();
        assertThat(out.toString()).contains("nothing to do: the log is good");
        assertThat(run("wal", "repair", log, "--yes", "--output", "json")).isZero();
        assertThat(new ObjectMapper().readTree(out.toString()).get("changed").asBoolean())
                .isFalse();
    }

    @Test
    void whatIsGivenUpIsLostAndTheRestIsThere() throws Exception {
        damage(3);
        assertThat(run("wal", "repair", log, "--quarantine", "--yes")).isZero();
        assertThat(out.toString()).contains("lost: LSNs 3..4 (exclusive)");
        assertThat(run("wal", "stats", log, "--output", "json")).isZero();
        JsonNode stats = new ObjectMapper().readTree(out.toString());
        assertThat(stats.get("records").asLong()).isEqualTo(RECORDS - 1);
        assertThat(stats.get("lost").get(0).get("from_lsn").asLong()).isEqualTo(3);
        assertThat(stats.get("quarantined").get(0).asText()).endsWith(".quarantined");
        assertThat(run("wal", "dump", log, "--output", "jsonl")).isZero();
        assertThat(out.toString()).hasLineCount(RECORDS - 1).contains("{\"lsn\":" + (RECORDS - 1) + ",");
        assertThat(err.toString()).isEqualToIgnoringNewLines("walnut: lost: LSNs 3..4 (exclusive)");

        assertThat(run("wal", "repair", log, "--truncate-to", 2, "--yes")).isZero();
        assertThat(out.toString()).contains("dropped: LSNs 2..").contains("(exclusive)");
        assertThat(run("wal", "verify", log)).isZero();
        assertThat(out.toString()).contains("verified 2 records");
    }

    @Test
    void statsAreReadBesideWhoeverUsesTheLog() throws Exception {
        try (Wal wal = Wal.open(log, WalOptions.defaults())) {
            wal.append(Batch.of(1, ByteBuffer.allocate(10)));
            wal.roll();
            assertThat(run("wal", "stats", log)).isZero();
            assertThat(out.toString())
                    .contains("LSNs 0.." + (RECORDS + 1) + " (exclusive) in 2 sealed segments, " + (RECORDS + 1)
                            + " records");
            assertThat(run("wal", "repair", log)).isEqualTo(1);
            assertThat(err.toString()).contains("in use");
        }
    }

    @Test
    void dumpPrintsTermAndKindOfEachRecord() {
        assertThat(run("wal", "dump", log, "--limit", 3)).isZero();
        assertThat(out.toString().lines().map(line -> line.strip().split(" +")))
                .containsExactly(
                        new String[] {"lsn", "tag", "term", "kind", "bytes"},
                        new String[] {"0", "1795", "7", "state-machine", "10"},
                        new String[] {"1", "1796", "7", "configuration", "10"},
                        new String[] {"2", "1797", "7", "metadata", "10"});
    }

    @Test
    void dumpPrintsTheTagsOfALogThatIsNoNodes() throws Exception {
        Path other = node.resolve("other");
        try (Wal wal = Wal.open(other, WalOptions.defaults())) {
            wal.append(Batch.of(4, ByteBuffer.allocate(10)));
            wal.append(Batch.of(-1, ByteBuffer.allocate(11)));
        }
        assertThat(run("wal", "dump", other)).isZero();
        assertThat(out.toString().lines().skip(1).map(line -> line.strip().split(" +")))
                .containsExactly(new String[] {"0", "4", "-", "-", "10"}, new String[] {"1", "-1", "-", "-", "11"});
        assertThat(run("wal", "dump", other, "--output", "jsonl")).isZero();
        assertThat(out.toString().lines().toList().getLast())
                .isEqualTo("{\"lsn\":1,\"tag\":-1,\"term\":null,\"kind\":null,\"bytes\":11}");
    }

    @Test
    void damagedLogIsPrintedUpToTheDamageAndEndsWithSeven() throws Exception {
        damage(12);

        assertThat(run("wal", "dump", log, "--output", "jsonl")).isEqualTo(7);
        assertThat(out.toString()).contains("{\"lsn\":11,").hasLineCount(12);
        assertThat(err.toString()).startsWith("walnut: LSN 12 in ").hasLineCount(1);

        assertThat(run("wal", "dump", log, "--output", "json")).isEqualTo(7);
        assertThat(json()).hasSize(12);

        assertThat(run("wal", "verify", log)).isEqualTo(7);
        assertThat(out.toString())
                .contains("after an orderly close, good LSNs 0..12")
                .contains("LSNs 0..12 good up to byte 53248, LSNs 12..20 in doubt");
        assertThat(err.toString())
                .startsWith("walnut: durable bytes are wrong")
                .contains("docs/OPERATIONS.md")
                .hasLineCount(1);
    }

    @Test
    void bothVerbsPrintJson() throws Exception {
        assertThat(run("wal", "dump", log, "--from", 18, "--output", "json")).isZero();
        assertThat(json()).hasSize(2);
        assertThat(json().get(0).get("lsn").asLong()).isEqualTo(18);

        assertThat(run("--output", "json", "wal", "verify", log)).isZero();
        assertThat(json().get("records").asLong()).isEqualTo(RECORDS);
        assertThat(json().get("closed_in_order").asBoolean()).isTrue();
        assertThat(json().get("segments").get(0).get("damaged").asBoolean()).isFalse();
    }

    private JsonNode json() throws Exception {
        return new ObjectMapper().readTree(out.toString());
    }

    @Test
    void numbersThatTheLogDoesNotHaveAreRefused() {
        assertThat(run("wal", "dump", log, "--from", -4)).isEqualTo(2);
        assertThat(err.toString()).contains("--from is -4, and must not be negative");
        assertThat(run("wal", "dump", log, "--limit", -4)).isEqualTo(2);
        assertThat(err.toString()).contains("--limit is -4, and must not be negative");
        assertThat(run("wal", "dump", log, "--from", RECORDS)).isZero();
        assertThat(run("wal", "dump", log, "--from", RECORDS + 1)).isEqualTo(6);
        assertThat(err.toString()).contains("ends before " + RECORDS).hasLineCount(1);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aCompactedLogHasTheNewestRecordOfEachKeyAtItsLsn() throws Exception {
        Path keyed = node.resolve("keyed");
        try (Wal wal = Wal.open(keyed, WalOptions.defaults())) {
            for (int i = 0; i < 10; i++) {
                byte[] key = {(byte) (i % 3)};
                wal.append(Batch.of(
                        1, new BatchWriter().put(key, new byte[] {(byte) i}).bytes()));
                wal.roll();
            }
            assertThat(run("wal", "compact", keyed, "--by-key")).isEqualTo(1);
            assertThat(err.toString()).contains("in use");
        }
        long bytesBefore = bytesOf(keyed);
        assertThat(run("wal", "compact", keyed, "--by-key", "--output", "json")).isZero();
        JsonNode done = new ObjectMapper().readTree(out.toString());
        assertThat(done.get("segments_before").asInt()).isEqualTo(10);
        assertThat(done.get("segments_after").asInt()).isEqualTo(1);
        assertThat(done.get("records_kept").asInt()).isEqualTo(3);
        assertThat(done.get("records_dropped").asInt()).isEqualTo(7);
        assertThat(done.get("bytes_before").asLong()).isEqualTo(bytesBefore);
        assertThat(done.get("bytes_after").asLong()).isEqualTo(bytesOf(keyed)).isLessThan(bytesBefore);
        assertThat(run("wal", "dump", keyed, "--output", "jsonl")).isZero();
        assertThat(out.toString().lines().map(line -> line.replaceAll(".*\"lsn\": ?([0-9]+).*", "$1")))
                .containsExactly("7", "8", "9");
        assertThat(run("wal", "verify", keyed)).isZero();
        assertThat(out.toString()).contains("verified 3 records");
        assertThat(run("wal", "stats", keyed, "--output", "json")).isZero();
        assertThat(new ObjectMapper().readTree(out.toString()).get("records").asInt())
                .isEqualTo(3);
        assertThat(run("wal", "stats", keyed)).isZero();
        assertThat(out.toString()).contains("in 1 sealed segments, 3 records, 7 compacted away");
        assertThat(run("wal", "compact", keyed)).isZero();
        assertThat(out.toString()).contains("segments", "records");
    }

    private long bytesOf(Path directory) throws Exception {
        assertThat(run("wal", "stats", directory, "--output", "json")).isZero();
        return new ObjectMapper().readTree(out.toString()).get("bytes").asLong();
    }

    @Test
    void statsNameAManifestThatIsMissing() throws Exception {
        Files.delete(log.resolve("MANIFEST"));
        assertThat(run("wal", "stats", log)).isEqualTo(7);
        assertThat(err.toString()).contains("has segments but no MANIFEST");
    }

    @Test
    void statsBelieveTheMarkerOfAnOrderlyCloseAsAnOpenDoes() throws Exception {
        assertThat(run("wal", "stats", log)).isZero();
        assertThat(out.toString()).contains("closed in order");

        Path clean = log.resolve("CLEAN");
        byte[] bytes = Files.readAllBytes(clean);
        bytes[20] ^= 1;
        Files.write(clean, bytes);

        assertThat(run("wal", "stats", log)).isZero();
        assertThat(out.toString()).doesNotContain("closed in order");
    }

    @Test
    void statsSayWhyTheyCountWhatIsTrimmed() throws Exception {
        try (Wal wal = Wal.open(log, WalOptions.defaults())) {
            wal.trimBefore(5);
        }
        assertThat(run("wal", "stats", log)).isZero();
        assertThat(out.toString())
                .contains("LSNs 5.." + RECORDS, RECORDS + " records; trimmed ones count until the whole segment is");
    }

    /** The program itself: here the tests log as they like. */
    @Test
    void whatTheEngineTellsOfItsStepsDoesNotStandBesideTheOutput() throws Exception {
        try (Wal wal = Wal.open(log, WalOptions.defaults())) {
            wal.append(Batch.of(TERM << 8 | KINDS.getFirst(), ByteBuffer.allocate(10)));
        }
        ProcessBuilder walnut = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "wal",
                "compact",
                log.toString());
        walnut.environment().remove("WALNUT_LOG_LEVEL");
        Path told = node.resolve("told");
        Process process = walnut.redirectError(told.toFile())
                .redirectOutput(node.resolve("printed").toFile())
                .start();
        assertThat(process.waitFor()).isZero();
        assertThat(Files.readString(node.resolve("printed"))).contains("segments               2             1");
        assertThat(told).isEmptyFile();
    }

    @Test
    void theLogOfANodeIsNotCompactedByKey() throws Exception {
        assertThat(run("wal", "compact", node, "--by-key")).isEqualTo(1);
        assertThat(err.toString()).contains("LSN 0 is no batch of the record codec", "nothing was changed");
        assertThat(run("wal", "compact", node, "--keep-tombstones", "soon")).isEqualTo(2);
        assertThat(run("wal", "verify", node)).isZero();
        assertThat(out.toString()).contains("verified " + RECORDS + " records");
    }
}
