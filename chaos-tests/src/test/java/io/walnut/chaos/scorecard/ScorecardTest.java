package io.walnut.chaos.scorecard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.chaos.fault.FaultClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScorecardTest {
    @TempDir
    Path directory;

    /** Two faults at once, and one of them again by itself. */
    private void run(String name, String anomalies) throws IOException {
        Path run = Files.createDirectories(directory.resolve(name));
        Files.writeString(run.resolve("results.json"), """
                {"good":%s,"broken_off":false,"started":"2026-11-22T10:00:00Z","operations":1000,"acknowledged":700,
                 "options":{"seed":1,"minutes":1,"backend":"process","workload":"mixed","faults":["kill-leader"],"name":"x"},
                 "environment":{"commit":"abc"},"verdict":{"conclusive":true,"anomalies":%s},
                 "faults":{"skipped":["partition-halves"]},
                 "liveness":{"faults":[{"fault":"kill-leader","silence_ms":900.4},{"fault":"kill-leader","silence_ms":1100}]}}
                """.formatted(anomalies.equals("{}"), anomalies));
        Files.writeString(run.resolve("faults.jsonl"), """
                {"fault":"kill-leader","class":"kill_one","begun":10,"healed":30}
                {"fault":"pause-one","class":"pause","begun":20,"healed":40}
                {"fault":"kill-leader","class":"kill_one","begun":50,"healed":60}
                """);
        RunLine.add(run, directory.resolve("ledger"));
    }

    private static String now(Scorecard card, String figure) {
        return card.rows().stream()
                .filter(row -> row.figure().startsWith(figure))
                .findFirst()
                .orElseThrow()
                .now();
    }

    @Test
    void runsAddUp() throws IOException {
        run("first", "{}");
        run("second", "{\"LOST\":3}");
        Scorecard card = Scorecard.of(directory.resolve("ledger"));

        assertThat(card.runs()).isEqualTo(2);
        assertThat(now(card, "findings of records lost")).isEqualTo("3 / 0 / 0; 1,400");
        assertThat(now(card, "histories")).isEqualTo("2; 1");
        assertThat(now(card, "operations in them")).isEqualTo("2,000");
        assertThat(now(card, "classes of faults")).startsWith("2; 0 of ");
        assertThat(now(card, "pairs of classes")).startsWith("1 of ");
        assertThat(now(card, "without an acknowledgement")).isEqualTo("1.1 s / 1.1 s, 4 kills");
        Scorecard.ClassRow kills = card.classes().stream()
                .filter(each -> each.faultClass() == FaultClass.KILL_ONE)
                .findFirst()
                .orElseThrow();
        assertThat(kills.injected()).isEqualTo(4);
        assertThat(kills.runs()).isEqualTo(2);
        assertThat(kills.violated()).isEqualTo(1);
    }

    @Test
    void whatNobodyHasDoneIsARowThatSaysSo() throws IOException {
        Files.createDirectories(directory.resolve("ledger"));
        Scorecard card = Scorecard.of(directory.resolve("ledger"));

        assertThat(card.classes()).hasSize(FaultClass.values().length).allMatch(each -> each.injected() == 0);
        assertThat(now(card, "planted bugs")).isEqualTo("not measured");
        assertThat(now(card, "crash images")).isEqualTo("not measured");
        String page = Markdown.of(card, "COMMAND");
        assertThat(Arrays.stream(FaultClass.values()).map(FaultClass::text).toList())
                .allMatch(page::contains);
    }

    @Test
    void plantedBugsAndSuitesAreCounted() throws IOException {
        Path ledger = Files.createDirectories(directory.resolve("ledger"));
        Files.write(
                ledger.resolve("bugs.jsonl"),
                List.of(
                        "{\"bug\":\"early-ack\",\"text\":\"It lies.\",\"seed\":3,\"owner\":\"run\",\"caught\":true,\"anomaly\":\"LOST\",\"seconds\":20}",
                        "{\"bug\":\"no-vote\",\"owner\":\"run\",\"tried\":true,\"reached\":true,\"caught\":false,\"seconds\":600}",
                        "{\"bug\":\"nowhere\",\"owner\":\"run\",\"tried\":true,\"reached\":false,\"caught\":false}",
                        "{\"bug\":\"new\",\"owner\":\"run\"}"));
        Files.write(
                ledger.resolve("suites.jsonl"),
                List.of(
                        "{\"figure\":\"crash-images\",\"count\":1000}",
                        "{\"figure\":\"crash-images\",\"count\":500}",
                        "{\"figure\":\"checker-operations\",\"count\":7}",
                        "{\"figure\":\"checker-operations\",\"count\":5}"));
        Scorecard card = Scorecard.of(ledger);

        assertThat(now(card, "planted bugs")).isEqualTo("1 of 4; 20 s");
        assertThat(now(card, "crash images")).isEqualTo("1,500");
        assertThat(now(card, "operations of the longest")).isEqualTo("7");
        assertThat(Markdown.of(card, "COMMAND"))
                .contains("| early-ack | It lies. | run | LOST | 20 | 3 |")
                .contains("NOT CAUGHT", "never reached", "not tried yet");
    }

    @Test
    void aLineThatIsNoneIsNamed() throws IOException {
        Path ledger = Files.createDirectories(directory.resolve("ledger"));
        Files.writeString(ledger.resolve("runs.jsonl"), "{}\n[1]\n");
        assertThatThrownBy(() -> Scorecard.of(ledger)).hasMessageContaining("runs.jsonl:2");
        assertThatThrownBy(() -> Scorecard.of(directory.resolve("none")))
                .hasMessageContaining("walnut chaos run --ledger");
    }

    @Test
    void aPairIsTheSameEitherWay() {
        assertThat(RunLine.pair("b", "a")).isEqualTo(RunLine.pair("a", "b")).isEqualTo("a+b");
    }
}
