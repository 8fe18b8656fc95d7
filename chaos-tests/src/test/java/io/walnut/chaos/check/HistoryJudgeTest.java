package io.walnut.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.history.Operation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryJudgeTest {
    @TempDir
    Path directory;

    /** The linear check alone misses one in a hundred of these. */
    @Test
    void withTrimsNothingIsMissedOnSmallLogs() throws Exception {
        int missedByTheFirstPass = 0;
        for (long seed = 0; missedByTheFirstPass < 3; seed++) {
            Random random = new Random(seed);
            List<Operation> history = RandomHistory.honest(random, 1 + random.nextInt(9), true);
            for (int times = random.nextInt(3); times >= 0; times--) {
                history = RandomHistory.spoiled(random, history);
            }
            if (SmallHistoryChecker.explains(history) || linear(history).broken()) {
                continue;
            }
            missedByTheFirstPass++;
            Verdict verdict = HistoryJudge.judge(file(history));
            assertThat(verdict.counts()).as("seed %d", seed).containsOnlyKeys(Anomaly.UNEXPLAINED);
            assertThat(verdict.searched()).isEqualTo(1);
            assertThat(history)
                    .containsAll(verdict.violations().getFirst().witnesses())
                    .isNotEmpty();
        }
    }

    @Test
    void aLogThatIsTooLargeIsNotSearchedAndThatIsSaid() throws Exception {
        Random random = new Random(1);
        Verdict small = HistoryJudge.judge(file(RandomHistory.honest(random, 1_000, true)));
        assertThat(small.broken()).isFalse();
        assertThat(small.trimmed()).hasSize(1);
        assertThat(small.searched()).isEqualTo(1);

        Verdict large = HistoryJudge.judge(file(RandomHistory.honest(random, 3_000, true)));
        assertThat(large.broken()).isFalse();
        assertThat(large.trimmed()).containsOnlyKeys("log");
        assertThat(large.searched()).isZero();

        Verdict untrimmed = HistoryJudge.judge(file(RandomHistory.honest(random, 100, false)));
        assertThat(untrimmed.trimmed()).isEmpty();
    }

    @Test
    void aSearchEndsAfterItsBound() {
        List<Operation> history = new ArrayList<>(RandomHistory.honest(new Random(2), 500, true));
        assertThat(SmallHistoryChecker.search(history, 10).answer()).isEqualTo(SmallHistoryChecker.Answer.GIVEN_UP);
    }

    private static Verdict linear(List<Operation> history) {
        HistoryChecker checker = new HistoryChecker();
        history.forEach(checker::add);
        return checker.judge();
    }

    private Path file(List<Operation> history) throws Exception {
        Path file = directory.resolve("history.jsonl");
        try (HistoryWriter writer = new HistoryWriter(file)) {
            for (Operation operation : history) {
                writer.write(operation);
            }
        }
        return file;
    }
}
