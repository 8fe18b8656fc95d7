package io.walnut.chaos.bugs;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.bugs.PlantedBug.Chaos;
import io.walnut.chaos.bugs.PlantedBug.Owner;
import io.walnut.chaos.bugs.Trial.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every planted bug is found by who must find it, and nothing is found where none is planted. Takes an hour or two;
 * {@code -Dwalnut.bug=NAME} takes one bug, {@code -Dwalnut.bugs.file=FILE} keeps what was found.
 */
@Tag("slow")
@Execution(ExecutionMode.SAME_THREAD)
class PlantedBugsTest {
    private static final String ONLY = System.getProperty("walnut.bug", "");
    private static final long FIRST_SEED = Long.getLong("walnut.seed", 1);
    private static final Duration PATIENCE = Duration.ofMinutes(Long.getLong("walnut.minutes", 15));
    private static final Path DIRECTORY = Path.of("target", "planted-bugs").toAbsolutePath();
    private static final Path FILE = Path.of(System.getProperty("walnut.bugs.file", "target/planted-bugs/bugs.jsonl"));

    static Stream<PlantedBug> bugs() {
        return PlantedBugs.all().stream()
                .filter(bug -> ONLY.isEmpty() || bug.name().equals(ONLY));
    }

    static Stream<Owner> owners() {
        return bugs().map(PlantedBug::owner).distinct();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bugs")
    @Timeout(3600)
    void aPlantedBugIsFound(PlantedBug bug) throws Exception {
        Detection detection = Detection.of(bug, FIRST_SEED, PATIENCE, DIRECTORY.resolve(bug.name()));
        new DetectionFile(FILE).put(detection);
        assertThat(detection.caught()).as(detection.text()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("owners")
    @Timeout(3600)
    void withoutABugNothingIsFound(Owner owner) throws Exception {
        Path directory = DIRECTORY.resolve("without-" + Integer.toHexString(owner.hashCode()));
        Outcome outcome = new Trial(directory).run(owner, Optional.empty(), FIRST_SEED, PATIENCE);
        assertThat(outcome.signs()).as(owner + ": " + outcome.text()).isEmpty();
        if (owner instanceof Chaos) {
            Detection.deleteData(directory);
        }
    }
}
