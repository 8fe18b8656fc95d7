package io.walnut.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.client.FakeCluster;
import io.walnut.client.FakeCluster.Fault;
import io.walnut.client.Record;
import io.walnut.client.Walnut;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@SuppressWarnings("ArrayRecordComponent") // the records of this test are never compared
class WalnutCliTest {
    @TempDir
    Path directory = Path.of("");

    private final FakeCluster cluster = new FakeCluster(3);

    private String asked = "";

    @AfterEach
    void close() {
        cluster.close();
    }

    private record Run(int code, byte[] bytes, String err) {
        String out() {
            return new String(bytes, UTF_8);
        }
    }

    private Run walnut(byte[] in, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        return walnut(in, out, out, arguments);
    }

    private Run walnut(byte[] in, OutputStream to, ByteArrayOutputStream out, String... arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, UTF_8);
        Terminal terminal = new Terminal(new ByteArrayInputStream(in), to, errors, false, (endpoints, deadline) -> {
            // Checked as they are, and then those of the cluster instead.
            Walnut.Builder unused = Walnut.builder().endpoints(endpoints);
            asked = endpoints;
            return cluster.client().deadline(deadline).build();
        });
        CommandLine command = WalnutCli.commandLine(terminal);
        command.setErr(new PrintWriter(errors, true, UTF_8));
        command.setOut(new PrintWriter(out, true, UTF_8));
        int code = command.execute(arguments);
        return new Run(code, out.toByteArray(), err.toString(UTF_8));
    }

    private Run walnut(String... arguments) {
        return walnut(new byte[0], arguments);
    }

    @Test
    void aFileComesBackByteForByte() throws IOException {
        Random random = new Random(7);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = 0; i < 20_000; i++) {
            byte[] line = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(200)];
            random.nextBytes(line);
            for (int b = 0; b < line.length; b++) {
                line[b] = line[b] == '\n' ? (byte) '\r' : line[b];
            }
            text.write(line);
            text.write('\n');
        }
        text.write(new byte[1_000_000]);
        text.write('\n');
        cluster.leader("n2:7420");
        AtomicInteger count = new AtomicInteger();
        cluster.fault(request -> count.incrementAndGet() % 6 == 0 ? Fault.DROP_AFTER_APPLY : Fault.NONE);
        cluster.limitRecords(2 << 20);
        Path file = Files.write(directory.resolve("text"), text.toByteArray());
        Run appended = walnut("append", "--create", "log", file.toString());
        assertThat(appended.err()).isEmpty();
        assertThat(appended.code()).isZero();
        assertThat(appended.out()).startsWith("appended 20001 records to 'log', offsets 0 to 20000");
        Run read = walnut("read", "log");
        assertThat(read.code()).isZero();
        assertThat(read.bytes()).isEqualTo(text.toByteArray());
    }

    @Test
    void emptyLinesCountAndTheLastLineMayLackItsEnd() {
        walnut("log", "create", "log");
        Run appended = walnut("a\n\n\nb".getBytes(UTF_8), "append", "log");
        assertThat(appended.code()).isZero();
        assertThat(walnut("read", "log").out()).isEqualTo("a\n\n\nb\n");
        assertThat(walnut("read", "log", "--from", "3", "--max", "5").out()).isEqualTo("b\n");
        assertThat(walnut("read", "log", "--max", "1").out()).isEqualTo("a\n");
        assertThat(walnut(new byte[0], "append", "log").out()).isEqualTo("nothing to append\n");
    }

    @Test
    void jsonHasTheSameForProgramsToRead() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode created = mapper.readTree(
                walnut("log", "create", "log", "--output", "json").out());
        assertThat(created.get("name").asText()).isEqualTo("log");
        try (Walnut client = cluster.client().build()) {
            client.append("log", Record.of("k".getBytes(UTF_8), "v".getBytes(UTF_8)), Record.of(new byte[] {-1}));
        }
        JsonNode array =
                mapper.readTree(walnut("read", "log", "--output", "json").out());
        assertThat(array).hasSize(2);
        assertThat(array.get(0).get("key").asText()).isEqualTo("k");
        assertThat(array.get(1).get("value_base64").asText()).isEqualTo("/w==");
        assertThat(walnut("read", "log", "--output", "jsonl").out().lines()).hasSize(2);
        assertThat(mapper.readTree(
                        walnut("read", "log", "--from", "2", "--output", "json").out()))
                .isEmpty();
        JsonNode appended = mapper.readTree(walnut("x\ny\n".getBytes(UTF_8), "append", "log", "--output", "json")
                .out());
        assertThat(appended.get("first_offset").asLong()).isEqualTo(2);
        assertThat(appended.get("next_offset").asLong()).isEqualTo(4);
        JsonNode status =
                mapper.readTree(walnut("cluster", "status", "--output", "json").out());
        assertThat(status).hasSize(3);
        assertThat(status.get(0).get("role").asText()).isEqualTo("leader");
    }

    @Test
    void optionsMayStandBeforeTheVerbAndThoseBehindItCountMore() {
        walnut("log", "create", "log");
        assertThat(walnut("--output", "json", "log", "describe", "log").out()).startsWith("{");
        assertThat(walnut("--output", "json", "log", "describe", "log", "--output", "table")
                        .out())
                .startsWith("name");
        Run run = walnut("--deadline", "200ms", "read", "none");
        assertThat(run.code()).isEqualTo(ExitCode.LOG_NOT_FOUND);
        assertThat(walnut("generate-completion").out()).contains("complete");
    }

    @Test
    void linesBeforeOneThatIsTooLongAreInTheLogAndCounted() {
        walnut("log", "create", "log");
        Run run = walnut(("a\nb\n" + "x".repeat(17 << 20) + "\nc\n").getBytes(UTF_8), "append", "log");
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .contains("the first 2 lines are acknowledged in log 'log', up to offset 1; no other line of this run");
        assertThat(walnut("read", "log").out()).isEqualTo("a\nb\n");
    }

    @Test
    void whatOneNodeIsAskedForNeedsNoOtherOne() {
        walnut("log", "create", "log");
        walnut("1\n2\n3\n".getBytes(UTF_8), "append", "log");
        cluster.kill("n1:7420");
        cluster.kill("n3:7420");
        cluster.cutOff("n2:7420");
        for (String verb : List.of("read", "tail")) {
            Run run = walnut(verb, "log", "--node", "n2:7420", "--deadline", "2s");
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).isEqualTo("1\n2\n3\n");
            assertThat(asked).isEqualTo("n2:7420");
        }
    }

    @Test
    void statusHasTheSameFieldsForAMemberThatCannotBeReachedAndFailsWithoutALeader() throws IOException {
        cluster.kill("n3:7420");
        Run run = walnut("cluster", "status", "--output", "json");
        JsonNode rows = new ObjectMapper().readTree(run.out());
        List<List<String>> fields = new ArrayList<>();
        rows.forEach(row -> {
            List<String> names = new ArrayList<>();
            row.fieldNames().forEachRemaining(names::add);
            fields.add(names);
        });
        assertThat(fields).hasSize(3);
        assertThat(fields.get(0)).contains("cluster", "term", "error").isEqualTo(fields.get(2));
        assertThat(rows.get(0).get("cluster").asText()).isEqualTo("fake");
        assertThat(rows.get(2).get("term").isNull()).isTrue();
        assertThat(run.code()).isZero();

        cluster.leader("");
        Run leaderless = walnut("cluster", "status");
        assertThat(leaderless.out()).contains("leader unknown");
        assertThat(leaderless.code()).isEqualTo(ExitCode.UNAVAILABLE);
    }

    @Test
    void emptyAnswersAreNullAndNotMinusOne() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode created = mapper.readTree(
                walnut("log", "create", "log", "--output", "json").out());
        assertThat(created.get("last_append").isNull()).isTrue();
        JsonNode empty =
                mapper.readTree(walnut("append", "log", "--output", "json").out());
        assertThat(empty.get("first_offset").isNull()).isTrue();
        assertThat(empty.get("next_offset").isNull()).isTrue();
        JsonNode six = mapper.readTree(walnut("a\nb\ncc".getBytes(UTF_8), "append", "log", "--output", "json")
                .out());
        assertThat(six.get("bytes").asLong()).isEqualTo(6);
        assertThat(six.get("seconds").asText()).matches("[0-9]+\\.[0-9]{1,3}");
    }

    @Test
    void whatGrpcLogsIsNotPrintedBesideTheFailure() {
        Logger grpc = Logger.getLogger("io.grpc");
        Logger below = Logger.getLogger("io.grpc.internal.ManagedChannelImpl");
        Level before = grpc.getLevel();
        try {
            grpc.setLevel(Level.INFO);
            walnut("log", "ls", "--debug");
            assertThat(below.isLoggable(Level.WARNING)).isTrue();
            walnut("log", "ls");
            assertThat(below.isLoggable(Level.SEVERE)).isFalse();
        } finally {
            grpc.setLevel(before);
        }
    }

    @Test
    void logsAreListedAsATable() {
        walnut("log", "create", "b");
        walnut("log", "create", "a");
        Run listed = walnut("log", "ls");
        assertThat(listed.out().lines().map(line -> line.strip().replaceFirst(" .*", "")))
                .contains("name", "a", "b");
        assertThat(walnut("cluster", "status").out()).contains("leader n1:7420", "n3:7420");
        assertThat(walnut("log", "seal", "a").out()).containsPattern("sealed +true");
        assertThat(walnut("log", "rm", "b").code()).isZero();
        assertThat(walnut("log", "describe", "b").code()).isEqualTo(ExitCode.LOG_NOT_FOUND);
    }

    @Test
    void tailShowsTheLastAndFollowsUntilTheSeal() {
        walnut("log", "create", "log");
        walnut("1\n2\n3\n4\n".getBytes(UTF_8), "append", "log");
        assertThat(walnut("tail", "-n", "2", "log").out()).isEqualTo("3\n4\n");
        walnut("log", "seal", "log");
        assertThat(walnut("tail", "-f", "--from", "1", "log").out()).isEqualTo("2\n3\n4\n");
        assertThat(walnut("trim", "log", "2").out()).containsPattern("start_offset +2");
        assertThat(walnut("tail", "log", "--node", "n2:7420").out()).isEqualTo("3\n4\n");
    }

    @Test
    void badRequestsAreNamedInOneLineWithAnExitCodeOfTheirOwn() {
        walnut("log", "create", "log");
        walnut("1\n2\n".getBytes(UTF_8), "append", "log");
        walnut("trim", "log", "1");
        record Bad(int code, String message, String... arguments) {}
        List<Bad> bads = new ArrayList<>(List.of(
                new Bad(ExitCode.LOG_NOT_FOUND, "there is no log 'none'", "read", "none"),
                new Bad(ExitCode.LOG_NOT_FOUND, "there is no log 'none'", "append", "none"),
                new Bad(ExitCode.LOG_NOT_FOUND, "there is no log 'none'", "tail", "-f", "none"),
                new Bad(ExitCode.CONFLICT, "exists", "log", "create", "log"),
                new Bad(ExitCode.USAGE, "not a name of a log", "log", "create", "../etc"),
                new Bad(ExitCode.USAGE, "name of a log is empty", "log", "create", ""),
                new Bad(ExitCode.CONFLICT, "offsets 1 to 2", "read", "log", "--from", "0"),
                new Bad(ExitCode.CONFLICT, "offsets 1 to 2", "read", "log", "--from", "3"),
                new Bad(ExitCode.CONFLICT, "offsets 1 to 2", "trim", "log", "3"),
                new Bad(ExitCode.USAGE, "OFFSET is -1; expected 0 or more", "trim", "log", "--", "-1"),
                new Bad(ExitCode.USAGE, "OFFSET: 'x' is not a whole number", "trim", "log", "x"),
                new Bad(ExitCode.USAGE, "--max is 0; expected 1 or more", "read", "log", "--max", "0"),
                new Bad(ExitCode.USAGE, "'--from': 'abc' is not a whole number", "read", "log", "--from", "abc"),
                new Bad(ExitCode.USAGE, "'--seconds': '1s' is not a whole", "bench", "append", "--seconds", "1s"),
                new Bad(ExitCode.USAGE, "'99999999999' is too large", "bench", "append", "--seconds", "99999999999"),
                new Bad(ExitCode.USAGE, "unknown option '--fro' (did you mean '--from'?)", "read", "log", "--fro", "1"),
                new Bad(ExitCode.USAGE, "unknown verb 'creat' (did you mean 'create'?)", "log", "creat"),
                new Bad(ExitCode.USAGE, "unknown verb 'nosuch'; see 'walnut --help'", "nosuch"),
                new Bad(ExitCode.USAGE, "unexpected argument 'more'", "read", "log", "more"),
                new Bad(ExitCode.USAGE, "missing required parameter: 'LOG'", "read"),
                new Bad(ExitCode.FAILURE, "no such file", "append", "log", "/does/not/exist"),
                new Bad(ExitCode.USAGE, "--from is -5", "read", "log", "--from=-5"),
                new Bad(ExitCode.USAGE, "'soon' is not a time", "log", "ls", "--deadline", "soon"),
                new Bad(
                        ExitCode.USAGE,
                        "'xml' is not a format; expected table, json or jsonl",
                        "log",
                        "ls",
                        "--output",
                        "xml"),
                new Bad(ExitCode.USAGE, "'my_host' is not a host name", "log", "ls", "--endpoints", "my_host:7420"),
                new Bad(ExitCode.USAGE, "--clients is 0", "bench", "append", "--clients", "0"),
                new Bad(
                        ExitCode.USAGE,
                        "expected one of create, ls, describe, seal, rm; see 'walnut log --help'",
                        "log"),
                new Bad(ExitCode.USAGE, "verb is missing")));
        for (Bad bad : bads) {
            Run run = walnut(bad.arguments());
            assertThat(run.err()).as(String.join(" ", bad.arguments())).contains(bad.message());
            assertThat(run.err().lines())
                    .as(String.join(" ", bad.arguments()))
                    .singleElement()
                    .satisfies(line -> assertThat(line).startsWith("walnut: "));
            assertThat(run.code()).as(String.join(" ", bad.arguments())).isEqualTo(bad.code());
        }
        assertThat(walnut("read", "none", "--debug").err()).contains("\tat ");
        assertThat(walnut("append", "none").err()).contains("'walnut log create none', or append with --create");
        assertThat(walnut("read", "none").err()).doesNotContain("create");
    }

    @Test
    void anInputThatIsRefusedInTheMiddleSaysHowFarItGot() {
        walnut("log", "create", "log");
        cluster.limitRecords(1_000_000);
        byte[] input = ("a\nb\n" + "x".repeat(2_000_000) + "\nc\n" + "x".repeat(3_000_000)).getBytes(UTF_8);
        Run run = walnut(input, "append", "log");
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .isEqualToIgnoringNewLines(
                        "walnut: line 3 has 2000000 bytes; the limit is 1000000; the first 2 lines are"
                                + " acknowledged in log 'log', up to offset 1; no other line of this run is in the log");
        assertThat(cluster.values("log")).containsExactly("a", "b");
    }

    @Test
    void withoutAClusterTheDeadlineEndsIt() {
        cluster.close();
        Run run = walnut("log", "ls", "--deadline", "200ms");
        assertThat(run.code()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(run.err())
                .contains("no leader within 200 ms", "name other nodes with --endpoints or WALNUT_ENDPOINTS");
    }

    @Test
    void aSentAppendWithoutAnswerIsAnUnknownOutcome() {
        walnut("log", "create", "log");
        cluster.fault(request -> Fault.SILENT);
        Run run = walnut("a\n".getBytes(UTF_8), "append", "log", "--deadline", "300ms");
        assertThat(run.code()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
        assertThat(run.err()).contains("outcome unknown", "no line is acknowledged");
    }

    @Test
    void aReaderOfTheOutputThatHasGoneEndsItQuietly() {
        walnut("log", "create", "log");
        walnut("a\n".getBytes(UTF_8), "append", "log");
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        Run run = walnut(new byte[0], gone, new ByteArrayOutputStream(), "read", "log");
        assertThat(run.code()).isEqualTo(ExitCode.BROKEN_PIPE);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void anOutputThatCannotBeWrittenIsAFailureWithItsReason() {
        walnut("log", "create", "log");
        walnut("a\n".getBytes(UTF_8), "append", "log");
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        Run run = walnut(new byte[0], full, new ByteArrayOutputStream(), "read", "log");
        assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
        assertThat(run.err()).contains("the output cannot be written: No space left on device");
    }

    @ParameterizedTest
    @CsvSource({"No space left on device, 1", "Broken pipe, 141"})
    void theOutputOfVerbsThatPrintByAWriterIsCheckedToo(String reason, int code) {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(reason);
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, UTF_8);
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(new byte[0]),
                broken,
                errors,
                false,
                (endpoints, deadline) -> cluster.client().build());
        CommandLine command = WalnutCli.commandLine(terminal, new PrintingVerb());
        command.setErr(new PrintWriter(errors, true, UTF_8));

        assertThat(command.execute("printing")).isEqualTo(code);
        if (code == ExitCode.FAILURE) {
            assertThat(err.toString(UTF_8)).contains(reason);
        } else {
            assertThat(err.size()).isZero();
        }
    }

    /** A verb of another module that prints by picocli's writer. */
    @CommandLine.Command(name = "printing")
    static final class PrintingVerb implements java.util.concurrent.Callable<Integer> {
        @CommandLine.Spec
        CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

        @Override
        public Integer call() {
            spec.commandLine().getOut().println("printed");
            return 0;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1000"})
    void benchHasTheFieldsThatItPromises(String inFlight) throws IOException {
        Run append = walnut(
                "bench", "append", "--seconds", "1", "--warm-up", "0", "--in-flight", inFlight, "--output", "json");
        assertThat(append.err()).isEmpty();
        Run read = walnut("bench", "read", "--seconds", "1", "--warm-up", "0", "--output", "json");
        for (Run run : List.of(append, read)) {
            JsonNode result = new ObjectMapper().readTree(run.out());
            List<String> fields = new ArrayList<>();
            result.fieldNames().forEachRemaining(fields::add);
            assertThat(fields)
                    .containsExactly("workload", "ops_per_s", "bytes_per_s", "p50_us", "p99_us", "p999_us", "errors");
            assertThat(result.get("ops_per_s").asLong()).isPositive();
            assertThat(result.get("errors").asLong()).isZero();
        }
    }

    @Test
    void aBenchOfWhichEveryOperationFailsIsAFailure() {
        walnut("log", "create", "bench");
        walnut("log", "seal", "bench");
        Run run = walnut("bench", "append", "--seconds", "1", "--warm-up", "0", "--clients", "2");
        assertThat(run.code()).isEqualTo(ExitCode.CONFLICT);
        assertThat(run.err()).contains("sealed");
    }

    /** Figures are printed, but a script must not take them for those of a run in which all went well. */
    @Test
    void aBenchOfWhichSomeOperationsFailSaysSoByItsExitCode() throws IOException {
        AtomicInteger count = new AtomicInteger();
        cluster.fault(request -> count.incrementAndGet() % 50 == 49 ? Fault.INTERNAL_AFTER_APPLY : Fault.NONE);
        Run run = walnut("bench", "append", "--seconds", "1", "--warm-up", "0", "--in-flight", "1", "--output", "json");
        JsonNode result = new ObjectMapper().readTree(run.out());
        assertThat(result.get("errors").asLong()).isPositive();
        assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
        assertThat(run.err()).contains("errors, one of them: ", "a defect");
    }

    @Test
    void verbsOfTheNodeGetTheSameHandlingOfFailures() {
        CommandLine command = WalnutCli.commandLine(new BrokenVerb());
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        command.setErr(new PrintWriter(err, true, UTF_8));
        assertThat(command.execute("broken")).isEqualTo(ExitCode.FAILURE);
        assertThat(err.toString(UTF_8)).isEqualTo("walnut: the disk is gone" + System.lineSeparator());
    }

    /** A verb that another module adds. */
    @CommandLine.Command(name = "broken")
    static final class BrokenVerb implements java.util.concurrent.Callable<Integer> {
        @Override
        public Integer call() throws IOException {
            throw new IOException("the disk is gone");
        }
    }
}
