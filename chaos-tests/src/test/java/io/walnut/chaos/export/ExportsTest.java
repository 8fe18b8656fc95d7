package io.walnut.chaos.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files beside this class are written by hand, after what each reader says of its form. */
class ExportsTest {
    @TempDir
    Path directory;

    private Path history;

    @BeforeEach
    void copy() throws IOException {
        history = directory.resolve("history.jsonl");
        Files.writeString(history, resource("history.jsonl"));
    }

    @ParameterizedTest
    @CsvSource({
        "edn, history.edn, history.edn",
        "list-append, list-append.edn, list-append.edn",
        "kafka, kafka.edn, kafka.edn",
        "s2, s2/a.jsonl, s2-a.jsonl",
        "s2, s2/b+c.jsonl, s2-b+c.jsonl",
        "porcupine, porcupine.json, porcupine.json"
    })
    void eachFormIsAsItsReadersWantIt(String form, String file, String expected) throws IOException {
        List<Exports.Written> written = Exports.write(history, directory, Exports.named(List.of(form)), null);

        assertThat(directory.resolve(file)).hasContent(resource(expected));
        assertThat(written).singleElement().satisfies(one -> {
            assertThat(one.files()).contains(directory.resolve(file));
            assertThat(one.operations()).isEqualTo(12).isEqualTo(one.of());
            assertThat(one.cut()).isFalse();
        });
    }

    /** The vectors that S2 keeps for both of its programs. */
    @Test
    void hashesAreThoseOfS2() {
        long foo = 0xab6e5f64077e7d8aL;
        assertThat(S2Jsonl.chainHash(0, foo)).isEqualTo(0x4d2b003ee417c3a5L);
    }

    @Test
    void aHistoryThatIsTooLongIsCutAsIfAllHadStopped() throws IOException {
        List<Exports.Written> written = Exports.write(history, directory, Exports.all(), 3L);

        assertThat(written).hasSize(Exports.all().size()).allSatisfy(one -> {
            assertThat(one.cut()).isTrue();
            assertThat(one.operations()).isEqualTo(3);
            assertThat(one.of()).isEqualTo(12);
        });
        // The append that was under way has no end, or none that anybody knows.
        assertThat(Files.readAllLines(directory.resolve("history.edn"))).hasSize(5);
        assertThat(Files.readAllLines(directory.resolve("s2/a.jsonl")))
                .hasSize(6)
                .last()
                .asString()
                .contains("AppendIndefiniteFailure");
        assertThat(Files.readString(directory.resolve("porcupine.json")))
                .contains("\"op\":\"append\",\"call\":30,\"ids\":[2147483650]}");
    }

    /** Two appends of unknown outcome: a read that begins in the middle of the first batch sees it, nobody ever sees the second. */
    @Test
    void whatIsUnknownIsToldAsFarAsSomebodyKnowsAfterAll() throws IOException {
        Files.writeString(history, """
                {"format":"walnut-history","version":1}
                {"op":"append","process":1,"log":"a","invoked":10,"returned":20,"outcome":"info","client":1,"sequence":0,"count":3}
                {"op":"append","process":2,"log":"a","invoked":10,"returned":20,"outcome":"info","client":2,"sequence":0,"count":1}
                {"op":"read","process":3,"log":"a","invoked":30,"returned":40,"outcome":"ok","mode":"committed","node":"n1","from":1,"records":[[1,1,1,2]]}
                {"op":"read","process":0,"log":"a","invoked":50,"returned":60,"outcome":"ok","mode":"final","node":"n1","from":0,"records":[[0,1,0,3]],"start":0,"end":3}
                """);
        Exports.write(history, directory, Exports.all(), null);

        assertThat(Files.readAllLines(directory.resolve("s2/a.jsonl")))
                .hasSize(6)
                .satisfies(
                        lines -> assertThat(lines.get(2))
                                .isEqualTo(
                                        "{\"event\":{\"Finish\":{\"AppendSuccess\":{\"tail\":3}}},\"client_id\":0,\"op_id\":0}"),
                        lines -> assertThat(lines.get(5))
                                .isEqualTo(
                                        "{\"event\":{\"Finish\":\"AppendDefiniteFailure\"},\"client_id\":1,\"op_id\":1}"));
        assertThat(directory.resolve("porcupine.json")).hasContent("""
                        [
                        {"log":"a","client":1,"op":"append","call":10,"return":40,"ids":[2147483648,2147483649,2147483650],"offset":0}
                        ,{"log":"a","client":0,"op":"read","call":50,"return":60,"from":0,"ids":[2147483648,2147483649,2147483650],"start":0,"end":3}
                        ]
                        """);
        // For Jepsen's tools they are what the clients were told.
        assertThat(Files.readString(directory.resolve("list-append.edn")))
                .contains(":process 0, :type :info", ":process 1, :type :info");
    }

    @Test
    void anUnknownFormIsNamedWithThoseThatThereAre() {
        assertThatThrownBy(() -> Exports.named(List.of("csv")))
                .hasMessageContaining("no form 'csv'")
                .hasMessageContaining("list-append");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(ExportsTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
