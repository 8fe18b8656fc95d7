package io.walnut.chaos.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HistoryFileTest {
    private static final String HEAD = "{\"format\":\"walnut-history\",\"version\":1}\n";

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("history.jsonl");
    }

    @Test
    void operationsComeBackAsTheyWere() throws Exception {
        List<Operation> written = List.of(
                new Append(Call.ok(1, "a/b", 10, 20), Ids.of(3, 7), 2, 0),
                new Append(
                        new Call(1, "a/b", 11, 21, Outcome.INFO, "deadline \"5 s\""),
                        Ids.of(3, 9),
                        1,
                        Operation.UNKNOWN),
                new Append(new Call(1, "a/b", 12, 22, Outcome.FAIL, "sealed"), Ids.of(3, 10), 1, Operation.UNKNOWN),
                new Read(
                        Call.ok(2, "a/b", 13, 23),
                        Mode.LINEARIZABLE,
                        "",
                        0,
                        List.of(new Run(0, Ids.of(3, 7), 2), new Run(2, Ids.ALTERED, 1)),
                        Operation.UNKNOWN,
                        3),
                new Read(Call.ok(2, "a/b", 14, 24), Mode.FINAL, "n2", 3, List.of(), 0, 3),
                new Describe(Call.ok(4, "c", 15, 25), Mode.COMMITTED, "n1", 0, Integer.MAX_VALUE - 1),
                new Trim(Call.ok(4, "c", 16, 26), 5, 5),
                new Append(Call.ok(5, "c", 17, 27), Ids.of(4, 0), 1, 5, true),
                new Status(Call.ok(6, "", 18, 28), "n3", 1_700_000_000_000L, 4, true, 0),
                new Status(
                        new Call(6, "", 19, 29, Outcome.FAIL, "UNAVAILABLE"),
                        "n3",
                        Operation.UNKNOWN,
                        Operation.UNKNOWN,
                        false,
                        Operation.UNKNOWN));
        try (HistoryWriter writer = new HistoryWriter(file)) {
            for (Operation operation : written) {
                writer.write(operation);
            }
        }

        assertThat(read()).isEqualTo(written);
        assertThat(Files.readAllLines(file)).hasSize(written.size() + 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '~',
            value = {
                "{\"op\":\"append\"}  # an operation has 'log', 'invoked' and 'returned'",
                "{\"op\":\"appended\",\"process\":1,\"log\":\"a\",\"invoked\":1,\"returned\":2,\"outcome\":\"ok\"} # op is 'appended'",
                "{\"op\":\"trim\",\"process\":1,\"log\":\"a\",\"invoked\":1,\"returned\":2,\"outcome\":\"ok\"} # 'before' is missing",
                "{\"op\":\"trim\",\"process\":1,\"log\":\"a\",\"invoked\":3,\"returned\":2,\"outcome\":\"ok\",\"before\":1} # before it was invoked",
                "{\"op\":\"trim\",\"process\":1,\"log\":\"a\",\"invoked\":1,\"returned\":2,\"outcome\":\"yes\",\"before\":1} # 'outcome' is 'yes'",
                "{\"op\":\"append\",\"process\":1,\"log\":\"a\",\"invoked\":1,\"returned\":2,\"outcome\":\"ok\",\"client\":1,\"sequence\":0,\"count\":1} # 'offset' is told of",
                "{\"op\":\"append\",\"process\":1,\"log\":\"a\",\"invoked\":1,\"returned\":2,\"outcome\":\"info\",\"client\":1,\"sequence\":0,\"count\":0} # a batch of 0 records",
                "{\"op\":\"status\",\"process\":1,\"node\":\"n1\",\"invoked\":1,\"returned\":2,\"outcome\":\"ok\"} # a status has 'node'",
                "{\"op\":\"trim\",\"colour\":1} # unknown field 'colour'",
                "{\"op\":\"trim\",\"process\":1, # Unexpected end-of-input",
                "7 # expected an object",
            })
    void whatIsNoOperationIsNamedWithItsLine(String line, String message) throws Exception {
        Files.writeString(file, HEAD + line + "\n");

        assertThatThrownBy(this::read)
                .isInstanceOf(HistoryFormatException.class)
                .hasMessageContaining("line ")
                .hasMessageContaining(message);
    }

    @Test
    void anotherFileIsRefused() throws Exception {
        Files.writeString(file, "{\"type\":\"invoke\",\"f\":\"append\"}\n");
        assertThatThrownBy(this::read)
                .isInstanceOf(HistoryFormatException.class)
                .hasMessageContaining("is no history");

        Files.writeString(file, "{\"format\":\"walnut-history\",\"version\":2}\n");
        assertThatThrownBy(this::read)
                .isInstanceOf(HistoryFormatException.class)
                .hasMessageContaining("version 2");

        Files.writeString(file, "");
        assertThatThrownBy(this::read)
                .isInstanceOf(HistoryFormatException.class)
                .hasMessageContaining("is no history");
    }

    private List<Operation> read() throws Exception {
        List<Operation> operations = new ArrayList<>();
        try (HistoryReader reader = new HistoryReader(file)) {
            for (Operation next = reader.next(); next != null; next = reader.next()) {
                operations.add(next);
            }
        }
        return operations;
    }
}
