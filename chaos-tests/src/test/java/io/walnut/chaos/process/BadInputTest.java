package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.Await;
import io.walnut.client.LogInfo;
import io.walnut.client.Record;
import io.walnut.client.Walnut;
import io.walnut.node.local.LocalCluster;
import java.io.BufferedWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command line against a cluster of three processes, given what it cannot take: the exit code is the documented one, the
 * message says what was found, what was expected and what to do, there is no stack trace, and the logs are as before.
 */
@Tag("process")
class BadInputTest {
    private static final String KEPT = "kept";
    private static final List<String> KEPT_RECORDS = List.of("one", "two", "three");
    private static final int LARGEST_RECORD = 1 << 20;
    private static final int LARGEST_OF_ALL = 16 << 20;
    private static final int LARGEST_LINE = 64 << 20;
    private static final int NAME_BYTES = 64 << 10;

    @TempDir
    static Path directory;

    private static LocalCluster cluster;
    private static Walnut walnut;

    @BeforeAll
    static void start() throws Exception {
        cluster = LocalCluster.create(directory.resolve("cluster"), LocalCluster.Settings.ofNodes(3));
        cluster.start();
        cluster.awaitReady(Duration.ofSeconds(60));
        walnut = LogContent.connect(cluster);
        walnut.createLog(KEPT);
        for (String record : KEPT_RECORDS) {
            walnut.append(KEPT, Record.of(record.getBytes(StandardCharsets.UTF_8)));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        walnut.close();
        cluster.close();
    }

    @AfterEach
    void nothingIsLost() {
        assertThat(LogContent.of(walnut, KEPT)).isEqualTo(KEPT_RECORDS);
    }

    /** The program, told where the cluster is. */
    private static Program.Ended walnut(String... arguments) throws Exception {
        return Program.run(with(arguments));
    }

    private static List<String> with(String... arguments) {
        var all = new ArrayList<>(List.of("--endpoints", cluster.endpoints()));
        all.addAll(List.of(arguments));
        return all;
    }

    private static Path file(String name, String... lines) throws Exception {
        Path file = directory.resolve(name);
        Files.writeString(file, String.join("\n", lines) + "\n");
        return file;
    }

    private static String named(String log) {
        return String.join(",", walnut.list(log).stream().map(LogInfo::name).toList());
    }

    // ---- names

    @ParameterizedTest
    @ValueSource(strings = {"read", "tail", "append", "log describe", "log seal", "trim", "log rm"})
    void anUnknownLog(String verb) throws Exception {
        var arguments = new ArrayList<>(List.of(verb.split(" ")));
        arguments.add("nowhere");
        if (verb.equals("trim")) {
            arguments.add("1");
        }
        Program.Ended ended =
                walnut(arguments.toArray(String[]::new)).expect(3).says("walnut: ", "no log", "'nowhere'");
        if (verb.equals("append")) {
            ended.says("create it");
        }
        assertThat(named("nowhere")).as("made by a verb that found no log").isEmpty();
    }

    static Stream<List<String>> badNames() {
        String huge = "n".repeat(NAME_BYTES);
        return Stream.of(
                List.of("", "empty", "1 to 255 characters"),
                List.of("../" + KEPT, "'../kept'", "'..'"),
                List.of("a/../" + KEPT, "'a/../kept'", "'..'"),
                List.of(huge, NAME_BYTES + " characters", "255"));
    }

    /** Empty, leading out of its place, far too long: for each verb that takes a name. */
    @ParameterizedTest
    @MethodSource("badNames")
    void aNameThatNoLogMayHave(List<String> name) throws Exception {
        List<List<String>> verbs =
                List.of(List.of("log", "create"), List.of("append"), List.of("read"), List.of("log", "rm"));
        for (List<String> verb : verbs) {
            var arguments = new ArrayList<>(verb);
            arguments.add(name.get(0));
            Program.Ended ended =
                    walnut(arguments.toArray(String[]::new)).expect(2).says("walnut: ", name.get(1), name.get(2));
            assertThat(ended.err()).as("a message, not the name again").hasSizeLessThan(1_000);
        }
        assertThat(named("")).doesNotContain("..").doesNotContain("nn");
    }

    // ---- records

    /** Just above the limit of a record, above that of a batch, above what any cluster takes, above what a line may have. */
    @ParameterizedTest
    @ValueSource(ints = {LARGEST_RECORD + 1, 6 << 20, 20 << 20, 80 << 20})
    void aRecordThatIsTooLargeIsRefusedAlone(int bytes) throws Exception {
        String log = "alone-" + bytes;
        walnut.createLog(log);
        Path file = file("alone.txt", "x".repeat(bytes));

        Program.Ended ended = walnut("append", log, file.toString())
                .expect(bytes > LARGEST_LINE ? 1 : 2)
                .says("no line is acknowledged", "no other line of this run is in the log");

        if (bytes > LARGEST_LINE) {
            ended.says("line 1 has more than " + LARGEST_LINE + " bytes");
        } else if (bytes > LARGEST_OF_ALL) {
            ended.says("no cluster takes more than " + LARGEST_OF_ALL, "line 1 has " + bytes + " bytes");
        } else {
            ended.says(
                    "limits.record-size",
                    Integer.toString(LARGEST_RECORD),
                    "line 1 has " + bytes + " bytes",
                    "split it");
        }
        assertThat(LogContent.of(walnut, log)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {2 * LARGEST_RECORD, 6 << 20, 20 << 20})
    void aRecordThatIsTooLargeInTheMiddleOfAFileEndsTheAppendAndSaysWhere(int bytes) throws Exception {
        String log = "middle-" + bytes;
        walnut.createLog(log);
        var lines = new ArrayList<String>();
        for (int i = 0; i < 20_000; i++) {
            lines.add("line " + i);
        }
        lines.set(10_000, "x".repeat(bytes));
        Path file = file("middle.txt", lines.toArray(String[]::new));

        Program.Ended ended = walnut("append", log, file.toString())
                .expect(2)
                .says("no other line of this run is in the log", "line 10001 has " + bytes + " bytes");

        List<String> there = LogContent.of(walnut, log);
        assertThat(acknowledged(ended)).as(ended.err()).isEqualTo(10_000);
        assertThat(there).as(ended.err()).isEqualTo(lines.subList(0, 10_000));
    }

    /** Of "the first N lines are acknowledged". */
    private static int acknowledged(Program.Ended ended) {
        Matcher count =
                Pattern.compile("the first (\\d+) lines? (are|is) acknowledged").matcher(ended.err());
        if (count.find()) {
            return Integer.parseInt(count.group(1));
        }
        ended.says("no line is acknowledged");
        return 0;
    }

    @Test
    void aFileThatIsNoneIsNamed() throws Exception {
        walnut("append", KEPT, directory.resolve("missing.txt").toString())
                .expect(1)
                .says("no such file", "missing.txt");
        walnut("append", KEPT, directory.toString()).expect(1).says(directory.toString(), "is a directory");
    }

    // ---- offsets

    @Test
    void anOffsetBeyondTheEnd() throws Exception {
        walnut("read", KEPT, "--from", "4")
                .expect(6)
                .says("log 'kept' ends at offset 3", "no offset 4", "read from 0 to 3");
        walnut("trim", KEPT, "4").expect(6).says("log 'kept'", "offset 4", "ends at 3");
        walnut("read", KEPT, "--from", "-1").expect(2).says("--from is -1", "0 or more");
    }

    @Test
    void anOffsetThatIsTrimmed() throws Exception {
        walnut.createLog("trimmed");
        walnut("append", "trimmed", file("trimmed.txt", "a", "b", "c").toString())
                .expect(0);
        walnut("trim", "trimmed", "2").expect(0);

        Program.Ended ended = walnut("read", "trimmed", "--from", "0")
                .expect(6)
                .says("offset 0 of log 'trimmed' has been trimmed", "the first that is left is 2", "read from 2");

        assertThat(ended.out()).isEmpty();
        assertThat(LogContent.of(walnut, "trimmed")).containsExactly("c");
    }

    // ---- ends in the middle

    @Test
    void ctrlCInTheMiddleOfALargeFileSaysWhatIsAcknowledged() throws Exception {
        walnut.createLog("interrupted");
        int lines = 2_000_000;
        Path file = directory.resolve("large.txt");
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < lines; i++) {
                out.write(line(i));
                out.write('\n');
            }
        }
        Program program = Program.start(with("append", "interrupted", file.toString()));
        program.stdin().close();
        Await.until(
                "the first acknowledgement",
                () -> walnut.describe("interrupted").endOffset() > 0);

        program.interrupt();

        Program.Ended ended = program.await(Duration.ofSeconds(30)).expect(130).says("walnut: interrupted; ");
        Files.delete(file);
        int acknowledged = acknowledged(ended);
        List<String> there = LogContent.of(walnut, "interrupted");
        assertThat(acknowledged).isPositive();
        assertThat(there.size()).as(ended.err()).isBetween(acknowledged, lines - 1);
        if (ended.err().contains("no other line of this run is in the log")) {
            assertThat(there).hasSize(acknowledged);
        } else {
            ended.says("is unknown");
        }
        for (int i = 0; i < there.size(); i++) {
            assertThat(there.get(i)).isEqualTo(line(i));
        }
    }

    private static String line(int i) {
        return String.format(Locale.ROOT, "line %09d of a file that is large enough to be interrupted", i);
    }
}
