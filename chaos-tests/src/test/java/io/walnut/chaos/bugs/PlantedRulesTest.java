package io.walnut.chaos.bugs;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.bugs.PlantedBug.Chaos;
import io.walnut.chaos.bugs.PlantedBug.Suite;
import io.walnut.chaos.bugs.Trial.Outcome;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.run.Backends;
import io.walnut.chaos.workload.Workloads;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jboss.byteman.check.RuleCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules fit the code as it is now; and a bug that is not found, or never reached, is told from one that is. */
class PlantedRulesTest {
    private static final Duration AT_MOST = Duration.ofMinutes(4);
    private static final Suite JUDGE =
            new Suite("chaos-tests", "io.walnut.chaos.check.CheckersAgreeTest", Map.of("walnut.histories", "2000"));

    @TempDir
    Path directory;

    static Stream<PlantedBug> bugs() {
        return PlantedBugs.all().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bugs")
    void theRulesOfABugFitTheCode(PlantedBug bug) throws Exception {
        assertThat(problems(bug.rules())).isEmpty();
        assertThat(bug.text()).endsWith(".");
        if (bug.owner() instanceof Chaos run) {
            assertThat(Faults.named(run.faults()))
                    .hasSizeGreaterThanOrEqualTo(run.faults().size());
            assertThat(Workloads.named(run.workload())).isNotNull();
            assertThat(Backends.named(run.backend())).isNotNull();
        }
        assertThat(Files.readString(bug.rules())).as("says when it was reached").contains("hit()");
    }

    @Test
    void aRuleThatDoesNotFitIsSeen() throws Exception {
        String good = Files.readString(PlantedBugs.all().getFirst().rules(), StandardCharsets.UTF_8);
        for (String bad : List.of(
                good.replaceAll("CLASS .*", "CLASS io.walnut.node.raft.IsNoMore"),
                good.replaceAll("METHOD .*", "METHOD isNoMore"),
                good.replaceAll("AT .*", "AT INVOKE isNoMore"))) {
            Path file = Files.writeString(directory.resolve("bad.btm"), bad);
            assertThat(problems(file)).as(bad).isNotEmpty();
        }
    }

    private static String problems(Path rules) throws Exception {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        RuleCheck check = new RuleCheck();
        check.setPrintStream(new PrintStream(said, true, StandardCharsets.UTF_8));
        assertThat(check.addRuleFile(rules.toString()))
                .as(said.toString(StandardCharsets.UTF_8))
                .isTrue();
        check.checkRules();
        return check.getResult().hasError() || check.getResult().hasWarning()
                ? said.toString(StandardCharsets.UTF_8)
                : "";
    }

    @Test
    void everyFileIsABugsAndThereAreEnough() throws Exception {
        List<PlantedBug> all = PlantedBugs.all();
        try (Stream<Path> files = Files.list(Path.of("src", "test", "resources", "bugs"))) {
            assertThat(files.map(file -> file.getFileName().toString().replace(".btm", "")))
                    .containsExactlyInAnyOrderElementsOf(
                            all.stream().map(PlantedBug::name).toList());
        }
        assertThat(all).hasSizeGreaterThanOrEqualTo(30);
        assertThat(all.stream().filter(bug -> bug.owner() instanceof Chaos).count())
                .isGreaterThanOrEqualTo(15);
    }

    @Test
    void aBugIsFoundByWhoMustFindIt() throws Exception {
        Detection detection = Detection.of(bug("checker-off-by-one"), 1, AT_MOST, directory);

        assertThat(detection.caught()).as(detection.text()).isTrue();
        assertThat(detection.reached()).isTrue();
        assertThat(detection.anomaly()).isEqualTo(Trial.TEST_FAILED);
    }

    @Test
    void nothingIsFoundWhereNothingIsPlanted() throws Exception {
        Outcome outcome = new Trial(directory).run(JUDGE, Optional.empty(), 1, AT_MOST);

        assertThat(outcome.signs()).as(outcome.text()).isEmpty();
        assertThat(outcome.reached()).isFalse();
    }

    /** The judge is not the place to look for what a server does to its disk. */
    @Test
    void aBugThatWasNeverReachedIsNotSaidToBeMissed() throws Exception {
        Detection detection = Detection.of(bug("acknowledge-before-sync"), 1, AT_MOST, directory);

        assertThat(detection.caught()).isFalse();
        assertThat(detection.reached()).isFalse();
        assertThat(detection.text()).contains("never reached");
    }

    private static PlantedBug bug(String name) {
        return new PlantedBug(name, Optional.empty(), JUDGE, Set.of(Trial.TEST_FAILED));
    }
}
