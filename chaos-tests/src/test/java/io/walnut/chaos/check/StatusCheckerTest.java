package io.walnut.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Outcome;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusCheckerTest {
    @Test
    void aTermHasOneLeader() {
        Status first = status("n1", 1, 10, 20, 3, true, 7);
        Status second = status("n2", 1, 30, 40, 3, true, 7);
        Verdict verdict = judge(first, status("n3", 1, 10, 20, 3, false, 7), second);
        assertThat(verdict.counts()).containsOnlyKeys(Anomaly.TWO_LEADERS);
        assertThat(verdict.violations().getFirst().witnesses()).containsExactly(first, second);
        assertThat(verdict.violations().getFirst().toString())
                .startsWith("TWO_LEADERS: node n1 and node n2 both led in term 3\n")
                .contains("status of n1: leads in term 3", "status of n2: leads in term 3");

        assertThat(judge(first, status("n2", 1, 30, 40, 4, true, 7)).counts()).isEmpty();
        assertThat(judge(first, status("n1", 2, 30, 40, 3, true, 7)).counts())
                .as("restarted")
                .isEmpty();
    }

    @Test
    void theTermOfANodeDoesNotGoBack() {
        Status before = status("n1", 1, 10, 20, 3, false, 7);
        Status after = status("n1", 1, 21, 30, 2, false, 7);
        Verdict verdict = judge(after, before);
        assertThat(verdict.counts()).containsOnlyKeys(Anomaly.WENT_BACK);
        assertThat(verdict.violations().getFirst().witnesses()).containsExactly(before, after);
    }

    @Test
    void theCommitIndexOfANodeDoesNotGoBackWhileItRuns() {
        Status before = status("n1", 1, 10, 20, 3, false, 7);
        assertThat(judge(before, status("n1", 1, 21, 30, 4, false, 6)).counts()).containsOnlyKeys(Anomaly.WENT_BACK);
        assertThat(judge(before, status("n1", 1, 20, 30, 4, false, 6)).counts())
                .as("asked at the same time")
                .isEmpty();
        assertThat(judge(before, status("n1", 2, 21, 30, 4, false, 6)).counts())
                .as("restarted")
                .isEmpty();
        assertThat(judge(before, status("n2", 1, 21, 30, 3, false, 6)).counts())
                .as("of another node")
                .isEmpty();
    }

    @Test
    void aNodeThatDoesNotAnswerHasSaidNothing() {
        Call failed = new Call(9, "", 30, 40, Outcome.FAIL, "UNAVAILABLE");
        Status none = new Status(failed, "n1", Operation.UNKNOWN, Operation.UNKNOWN, false, Operation.UNKNOWN);
        assertThat(judge(status("n1", 1, 10, 20, 3, true, 7), none).counts()).isEmpty();
    }

    private static Status status(
            String node, long started, long invoked, long returned, long term, boolean leads, long commit) {
        return new Status(Call.ok(9, "", invoked, returned), node, started, term, leads, commit);
    }

    private static Verdict judge(Status... statuses) {
        HistoryChecker checker = new HistoryChecker();
        Arrays.stream(statuses).forEach(checker::add);
        Verdict verdict = checker.judge();
        List.of(statuses).forEach(checker.witnesses()::look);
        return verdict.with(checker.witnesses().violations());
    }
}
