package io.walnut.chaos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.cli.WalnutCli;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CheckCommandTest {
    private static final String HEAD = "{\"format\":\"walnut-history\",\"version\":1}\n";
    private static final String APPEND =
            "{\"op\":\"append\",\"process\":1,\"log\":\"a\",\"invoked\":10,\"returned\":20,"
                    + "\"outcome\":\"ok\",\"client\":1,\"sequence\":0,\"count\":1,\"offset\":0}\n";
    private static final String FINAL = "{\"op\":\"read\",\"process\":0,\"log\":\"a\",\"invoked\":99,\"returned\":99,"
            + "\"outcome\":\"ok\",\"mode\":\"final\",\"node\":\"n1\",\"from\":0,\"records\":[%s],\"start\":0,\"end\":%d}\n";

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("history.jsonl");
    }

    @Test
    void aGoodHistoryEndsWithZero() throws Exception {
        assertThat(check(APPEND + FINAL.formatted("[0,1,0,1]", 1))).isZero();
        assertThat(out.toString()).contains("2 operations on 1 logs", "nothing violated");
    }

    @Test
    void aLossIsNamedAndEndsWithOne() throws Exception {
        assertThat(check(APPEND + FINAL.formatted("", 0))).isEqualTo(7);
        assertThat(out.toString())
                .contains("LOST in log 'a' at offset 0", "LOST: 1")
                .contains("process 1, from 10 to 20 ns: append 1.0: at offset 0")
                .contains("final read of n1 from offset 0: no records, the log begins at 0, the log ends at 0");
    }

    @Test
    void nobodyIsAcquittedUnread() throws Exception {
        assertThat(check(APPEND)).isEqualTo(5);
        assertThat(out.toString()).contains("not every log was read to its end");
    }

    @Test
    void theVerdictAsJson() throws Exception {
        assertThat(check(APPEND + FINAL.formatted("", 0), "--output", "json")).isEqualTo(7);
        JsonNode verdict = new ObjectMapper().readTree(out.toString());
        assertThat(verdict.get("operations").asLong()).isEqualTo(2);
        assertThat(verdict.get("conclusive").asBoolean()).isTrue();
        assertThat(verdict.get("anomalies").get("LOST").asLong()).isEqualTo(1);
        JsonNode violation = verdict.get("violations").get(0);
        assertThat(violation.get("log").asText()).isEqualTo("a");
        assertThat(violation.get("witnesses")).hasSize(2);
        assertThat(violation.get("witnesses").get(0)).isEqualTo(new ObjectMapper().readTree(APPEND));
    }

    @Test
    void anotherFileIsRefusedInOneLine() throws Exception {
        Files.writeString(file, "not a history\n");
        assertThat(run("chaos", "check", file.toString())).isEqualTo(1);
        assertThat(err.toString())
                .startsWith("walnut: ")
                .contains("history.jsonl")
                .hasLineCount(1);
        err.getBuffer().setLength(0);
        assertThat(run("chaos", "check", directory.resolve("none").toString())).isEqualTo(1);
        assertThat(err.toString()).startsWith("walnut: no such file").hasLineCount(1);
    }

    private int check(String operations, String... options) throws Exception {
        Files.writeString(file, HEAD + operations);
        String[] arguments = new String[3 + options.length];
        arguments[0] = "chaos";
        arguments[1] = "check";
        System.arraycopy(options, 0, arguments, 2, options.length);
        arguments[arguments.length - 1] = file.toString();
        return run(arguments);
    }

    private int run(String... arguments) {
        CommandLine program = WalnutCli.commandLine(new ChaosCommand());
        program.setOut(new PrintWriter(out, true));
        program.setErr(new PrintWriter(err, true));
        return program.execute(arguments);
    }
}
