package io.walnut.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A client with many batches in flight was promised their order, which real time does not tell: they overlap. */
class OrderedClientsTest {
    private static final int HISTORIES = Integer.getInteger("walnut.histories", 10_000);
    private static final long SEED = Long.getLong("walnut.seed", 1);
    private static final long A = Ids.of(1, 0);

    @Test
    void theSearchAndTheLinearCheckAgree() {
        int broken = 0;
        for (int i = 0; i < HISTORIES; i++) {
            Random random = new Random(SEED + i);
            List<Operation> honest = RandomHistory.ordered(random, 1 + random.nextInt(9), false);
            assertThat(SmallHistoryChecker.explains(honest))
                    .as("seed %d", SEED + i)
                    .isTrue();
            assertThat(counts(honest)).as("seed %d", SEED + i).isEmpty();

            List<Operation> spoiled = honest;
            for (int times = random.nextInt(3); times >= 0; times--) {
                spoiled = RandomHistory.spoiled(random, spoiled);
            }
            boolean explained = SmallHistoryChecker.explains(spoiled);
            assertThat(counts(spoiled).isEmpty())
                    .as("seed %d: %s%n%s", SEED + i, counts(spoiled), spoiled)
                    .isEqualTo(explained);
            broken += explained ? 0 : 1;
        }
        assertThat(broken).isBetween(HISTORIES / 5, HISTORIES * 4 / 5);
    }

    @Test
    void whatIsFoundWithTrimsIsTrue() {
        for (int i = 0; i < HISTORIES; i++) {
            Random random = new Random(SEED + i);
            List<Operation> history = RandomHistory.ordered(random, 1 + random.nextInt(9), true);
            assertThat(counts(history)).as("seed %d: %s", SEED + i, history).isEmpty();
            List<Operation> spoiled = RandomHistory.spoiled(random, history);
            if (SmallHistoryChecker.explains(spoiled)) {
                assertThat(counts(spoiled)).as("seed %d: %s", SEED + i, spoiled).isEmpty();
            }
        }
    }

    @Test
    void batchesInFlightTogetherKeepTheirOrder() {
        assertThat(counts(List.of(ok(A, 1), ok(A + 1, 0), last(A + 1, A)))).containsExactly(Anomaly.REORDERED);
        assertThat(counts(List.of(ok(A, 0), ok(A + 1, 1), last(A, A + 1)))).isEmpty();
    }

    @Test
    void aBatchIsNotThereWithoutTheOneBeforeIt() {
        Append lost = new Append(new Call(1, "log", 10, 90, Outcome.INFO, "deadline"), A, 1, Operation.UNKNOWN, true);
        assertThat(counts(List.of(lost, ok(A + 1, 0), last(A + 1)))).containsExactly(Anomaly.SKIPPED);
        Append trimmed = new Append(new Call(2, "log", 10, 20, Outcome.INFO, "deadline"), Ids.of(2, 0), 1, -1);
        Trim trim = new Trim(Call.ok(3, "log", 100, 110), 1, 1);
        Read rest = new Read(Call.ok(0, "log", 1000, 1000), Mode.FINAL, "n1", 1, List.of(new Run(1, A + 1, 1)), 1, 2);
        assertThat(counts(List.of(lost, trimmed, ok(A + 1, 1), trim, rest)))
                .as("it may have been what was trimmed")
                .isEmpty();
    }

    private static List<Anomaly> counts(List<Operation> history) {
        HistoryChecker checker = new HistoryChecker();
        history.forEach(checker::add);
        return new ArrayList<>(checker.judge().counts().keySet());
    }

    private static Append ok(long id, long offset) {
        return new Append(Call.ok(1, "log", 10, 90), id, 1, offset, true);
    }

    private static Read last(long... ids) {
        List<Run> runs = new ArrayList<>();
        for (long id : ids) {
            runs.add(new Run(runs.size(), id, 1));
        }
        return new Read(Call.ok(0, "log", 1000, 1000), Mode.FINAL, "n1", 0, runs, 0, ids.length);
    }
}
