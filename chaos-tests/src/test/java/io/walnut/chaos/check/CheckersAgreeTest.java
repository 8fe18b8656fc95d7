package io.walnut.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.history.Operation;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The linear check and the search know nothing of each other, and say the same. */
class CheckersAgreeTest {
    private static final int HISTORIES = Integer.getInteger("walnut.histories", 100_000);
    private static final long SEED = Long.getLong("walnut.seed", 1);

    @Test
    void honestHistoriesAreAcquittedByBoth() {
        for (int i = 0; i < HISTORIES; i++) {
            Random random = new Random(SEED + i);
            List<Operation> history = RandomHistory.honest(random, 1 + random.nextInt(9), random.nextBoolean());
            assertThat(SmallHistoryChecker.explains(history))
                    .as("seed %d: search", SEED + i)
                    .isTrue();
            assertThat(linear(history).broken())
                    .as("seed %d: %s", SEED + i, linear(history))
                    .isFalse();
        }
    }

    @Test
    void spoiledHistoriesAreJudgedAlike() {
        int broken = 0;
        for (int i = 0; i < HISTORIES; i++) {
            List<Operation> history = spoiled(SEED + i, false);
            boolean explained = SmallHistoryChecker.explains(history);
            assertThat(linear(history).broken())
                    .as("seed %d: %s%n%s", SEED + i, linear(history), history)
                    .isNotEqualTo(explained);
            broken += explained ? 0 : 1;
        }
        assertThat(broken).isBetween(HISTORIES / 5, HISTORIES * 4 / 5);
    }

    /** With trims the linear check may miss what the search finds, and never the other way. */
    @Test
    void whatTheLinearCheckFindsWithTrimsIsTrue() {
        int found = 0;
        int broken = 0;
        for (int i = 0; i < HISTORIES; i++) {
            List<Operation> history = spoiled(SEED + i, true);
            boolean explained = SmallHistoryChecker.explains(history);
            Verdict verdict = linear(history);
            if (explained) {
                assertThat(verdict.broken())
                        .as("seed %d: %s%n%s", SEED + i, verdict, history)
                        .isFalse();
            } else {
                broken++;
                found += verdict.broken() ? 1 : 0;
            }
        }
        System.out.println("with trims the linear check found " + found + " of " + broken);
        assertThat(found).isGreaterThan(broken * 9 / 10);
    }

    private static List<Operation> spoiled(long seed, boolean trims) {
        Random random = new Random(seed);
        List<Operation> history = RandomHistory.honest(random, 1 + random.nextInt(9), trims);
        for (int i = random.nextInt(3); i >= 0; i--) {
            history = RandomHistory.spoiled(random, history);
        }
        return history;
    }

    private static Verdict linear(List<Operation> history) {
        HistoryChecker checker = new HistoryChecker();
        history.forEach(checker::add);
        return checker.judge();
    }
}
