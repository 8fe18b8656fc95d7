package io.walnut.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.check.HistoryJudge;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Events;
import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Outcome;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.run.Liveness;
import io.walnut.chaos.run.RunDirectory;
import io.walnut.chaos.run.RunOptions;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** {@code -Dwalnut.pages=DIR} leaves the pages there, to be looked at. */
class RunReportTest {
    private static final long MS = 1_000_000;
    private static final List<Nemesis.Injected> FAULTS = List.of(
            fault("kill-leader", FaultClass.KILL_ONE, 5_000, 9_000, "n1"),
            fault("partition-halves", FaultClass.PARTITION, 7_000, 12_000, "n1|n2,n3"),
            fault("pause-one", FaultClass.PAUSE, 20_000, 20_600, "n<2> & \"more\""));

    @TempDir
    Path temporary;

    private static Nemesis.Injected fault(String name, FaultClass of, long begun, long healed, String hit) {
        return new Nemesis.Injected(name, of, List.of(hit), begun * MS, healed * MS);
    }

    @Test
    void thePageOfAGoodRunSaysSo() throws Exception {
        RunReport report = report(false, "", List.of(), FAULTS);
        report.write();

        Document page = page(report);
        assertThat(page.getElementsByTagName("h1").item(0).getTextContent()).isEqualTo("Nothing was violated");
        String text = page.getDocumentElement().getTextContent();
        assertThat(text)
                .contains("kill-leader", "partition-halves", "pause-one", "n<2> & \"more\"")
                .contains("Their turn did not come: kill-all.")
                .contains("Not run, because this kind of cluster cannot have them: disk-full-one.")
                .contains("Longest silence", "4.01 s")
                .doesNotContain("Violations");
    }

    @Test
    void eachViolationIsThereWithWhoSawIt() throws Exception {
        RunReport report = report(true, "", List.of(), FAULTS);
        report.write();

        Document page = page(report);
        assertThat(page.getElementsByTagName("h1").item(0).getTextContent()).contains("violations found");
        String text = page.getDocumentElement().getTextContent();
        assertThat(report.result().verdict().violations())
                .isNotEmpty()
                .allSatisfy(violation -> assertThat(text)
                        .contains(violation.anomaly().name(), violation.text(), Words.of(violation.anomaly())));
        assertThat(text).contains("final read").contains("append ");
        assertThat(Files.readString(report.directory().page())).contains("class=\"call append marked\"");
        JsonNode results = results(report);
        assertThat(results.get("good").asBoolean()).isFalse();
        assertThat(results.get("verdict").get("anomalies").get("STALE").asLong())
                .isPositive();
    }

    @Test
    void whatWasLeftOutOrBrokenOffIsNotCalledGood() throws Exception {
        RunReport interrupted = report(false, "interrupted after 3 s; nothing was read at the end", List.of(), FAULTS);
        interrupted.write();
        assertThat(page(interrupted).getElementsByTagName("h1").item(0).getTextContent())
                .isEqualTo("No verdict: interrupted after 3 s");

        RunReport leftOut = report(false, "", List.of("disk-full-one"), FAULTS);
        leftOut.write();
        Document page = page(leftOut);
        assertThat(page.getElementsByTagName("h1").item(0).getTextContent())
                .isEqualTo("Nothing was violated, but not all was tried");
        assertThat(page.getDocumentElement().getTextContent()).contains("NOT RUN");
        assertThat(results(leftOut).get("good").asBoolean()).isFalse();
    }

    @Test
    void thePageNeedsNoOtherAndIsOfBoundedSize() throws Exception {
        List<Nemesis.Injected> many = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            many.add(fault("kill-one", FaultClass.KILL_ONE, 10L * i, 10L * i + 9, "n1"));
        }
        RunReport report = report(true, "", List.of(), many);
        report.write();

        String page = Files.readString(report.directory().page());
        assertThat(page).doesNotContain("http:", "https:", "//", "@import", "url(", "<script");
        assertThat(page.length()).isLessThan(3_000_000);
        NodeList links = page(report).getElementsByTagName("a");
        assertThat(links.getLength()).isGreaterThan(5);
        for (int i = 0; i < links.getLength(); i++) {
            String to = links.item(i).getAttributes().getNamedItem("href").getNodeValue();
            assertThat(to.equals("cluster/")
                            || Files.exists(report.directory().path().resolve(to)))
                    .as(to)
                    .isTrue();
        }
    }

    @Test
    void theResultsSayByWhatTheRunCanBeRepeated() throws Exception {
        RunReport report = report(false, "", List.of(), FAULTS);
        report.write();

        JsonNode results = results(report);
        assertThat(RunOptions.of(results.get("options"), "results.json")).isEqualTo(report.options());
        assertThat(results.get("faults").get("injected").get("kill-leader").asLong())
                .isEqualTo(1);
        assertThat(results.get("faults").get("injected").get("kill-all").asLong())
                .isZero();
        assertThat(results.get("faults").get("classes").get("partition").asLong())
                .isEqualTo(1);
        assertThat(results.get("liveness").get("faults")).hasSize(3);
        assertThat(results.get("exports")).hasSize(5);
        assertThat(results.get("environment").fieldNames()).toIterable().contains("version", "commit", "jdk", "kernel");
    }

    private RunReport report(boolean spoiled, String brokenOff, List<String> skipped, List<Nemesis.Injected> faults)
            throws IOException {
        String pages = System.getProperty("walnut.pages");
        RunDirectory directory = RunDirectory.create(
                pages == null ? temporary : Path.of(pages), spoiled ? "spoiled" : "good", Instant.now());
        writeHistory(directory.history(), spoiled);
        Files.writeString(directory.faults(), "");
        Liveness liveness = new Liveness(faults);
        Events.play(directory.history(), liveness);
        Verdict verdict = judge(directory.history());
        ChaosRun.Result result = new ChaosRun.Result(
                verdict,
                verdict.operations(),
                4_711,
                faults,
                skipped,
                List.of(),
                List.of(),
                liveness.outages(),
                brokenOff,
                directory.history());
        RunOptions options = new RunOptions(
                42,
                Duration.ofSeconds(30),
                "process",
                3,
                "append-read",
                null,
                List.of("kill-leader", "partition-halves", "pause-one", "kill-all"),
                List.of(),
                "good");
        return new RunReport(
                directory,
                options,
                result,
                skipped.isEmpty() ? List.of("disk-full-one") : List.of(),
                Instant.parse("2026-11-22T14:00:00Z"),
                Map.of("anomalies", verdict.counts()));
    }

    private static Verdict judge(Path history) throws IOException {
        return HistoryJudge.judge(history);
    }

    /** Thirty seconds of six processes on one log; from 8 to 12 s nothing is answered. Spoiled: a stale look, a lost end. */
    private static void writeHistory(Path file, boolean spoiled) throws IOException {
        Random random = new Random(1);
        long end = 0;
        List<Run> records = new ArrayList<>();
        try (HistoryWriter history = new HistoryWriter(file)) {
            for (long at = 10; at < 30_000; at += 5) {
                int process = (int) (at / 5 % 6);
                long took = 1L + random.nextInt(20);
                if (at > 8_000 && at < 12_000) {
                    if (at / 5 % 100 < 6) {
                        Call call =
                                new Call(process, "a", at * MS, (at + 400) * MS, Outcome.INFO, "UNAVAILABLE: <none>");
                        history.write(new Operation.Append(call, Ids.of(process, at), 1, Operation.UNKNOWN));
                    }
                } else if (at % 4 == 0) {
                    Call call = Call.ok(process, "a", at * MS, at * MS + took * 100_000);
                    long seen = spoiled && at == 15_000 ? end - 50 : end;
                    history.write(new Operation.Describe(call, Mode.LINEARIZABLE, "", 0, seen));
                } else {
                    long id = Ids.of(process, at);
                    history.write(
                            new Operation.Append(Call.ok(process, "a", at * MS, at * MS + took * 100_000), id, 1, end));
                    records.add(new Run(end++, id, 1));
                }
            }
            List<Run> left = spoiled ? records.subList(0, records.size() - 2) : records;
            history.write(new Operation.Read(
                    Call.ok(0, "a", 31_000 * MS, 31_010 * MS), Mode.FINAL, "n1", 0, left, 0, left.size()));
        }
    }

    private static JsonNode results(RunReport report) throws IOException {
        return new ObjectMapper().readTree(report.directory().results().toFile());
    }

    /** As XML: nothing is left open, and nothing is not escaped. */
    private static Document page(RunReport report) throws Exception {
        String page = Files.readString(report.directory().page());
        assertThat(page).startsWith("<!DOCTYPE html>\n");
        String body = Pattern.compile("^<!DOCTYPE html>\n").matcher(page).replaceFirst("");
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(body)));
    }
}
