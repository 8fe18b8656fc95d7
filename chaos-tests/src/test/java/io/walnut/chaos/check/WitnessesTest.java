package io.walnut.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Each violation names the operations that cannot all be true. */
class WitnessesTest {
    private static final long A = Ids.of(1, 0);
    private static final long B = Ids.of(2, 0);

    @Test
    void aLossNamesWhoKnewOfTheRecordAndWhoMissedIt() {
        Append acknowledged = ok(B, 1, 15, 25);
        Read last = last("n1", A);
        expect(Anomaly.LOST, List.of(ok(A, 0, 10, 20), acknowledged, last), acknowledged, last);
    }

    @Test
    void aDuplicateNamesTheTwoPlaces() {
        Append acknowledged = ok(A, 0, 10, 20);
        Read last = last("n1", A, B, A);
        expect(Anomaly.DUPLICATE, List.of(acknowledged, ok(B, 1, 15, 25), last), acknowledged, last);
    }

    @Test
    void twoRecordsAtOneOffsetNameWhoSawThem() {
        Append acknowledged = ok(A, 0, 10, 20);
        Append other = ok(B, 0, 15, 25);
        expect(Anomaly.DIVERGENT, List.of(acknowledged, other, last("n1", A)), acknowledged, other);
    }

    @Test
    void aFailedAppendIsNamedWithWhoSawIt() {
        Append failed = new Append(new Call(1, "log", 10, 20, Outcome.FAIL, "full"), A, 1, Operation.UNKNOWN);
        Read last = last("n1", A);
        expect(Anomaly.FAILED_APPEND_IS_THERE, List.of(failed, last), failed, last);
    }

    @Test
    void aStaleAnswerIsNamedWithWhatItMissed() {
        Append acknowledged = ok(A, 0, 10, 20);
        Describe stale = seen(0, 0, 21, 22);
        expect(Anomaly.STALE, List.of(acknowledged, seen(0, 0, 19, 24), stale, last("n1", A)), acknowledged, stale);
    }

    @Test
    void aFutureAnswerIsNamedWithWhatItKnew() {
        Describe early = seen(0, 1, 5, 8);
        Append late = ok(A, 0, 10, 20);
        expect(Anomaly.FUTURE, List.of(early, late, last("n1", A)), early, late);
    }

    @Test
    void reorderedAppendsAreBothNamed() {
        Append first = ok(B, 1, 10, 20);
        Append second = ok(A, 0, 21, 30);
        expect(Anomaly.REORDERED, List.of(first, second, last("n1", A, B)), first, second);
    }

    @Test
    void aTornBatchIsNamedWithWhoSawItsHalf() {
        Append batch = new Append(call(10, 20), A, 2, 0);
        Describe half = seen(0, 1, 12, 30);
        expect(Anomaly.TORN_BATCH, List.of(batch, half, last("n1", A, A + 1)), batch, half);
    }

    @Test
    void aTrimThatIsUndoneIsNamedWithWhoSawTheRecord() {
        Trim trim = new Trim(call(30, 40), 1, 1);
        Describe there = seen(0, 1, 50, 60);
        expect(Anomaly.TRIM_UNDONE, List.of(ok(A, 0, 10, 20), trim, there), trim, there);
    }

    @Test
    void recordsGoneTooEarlyAreNamedWithTheLaterTrim() {
        Describe gone = seen(1, 1, 30, 40);
        Trim late = new Trim(call(41, 50), 1, 1);
        expect(Anomaly.TRIMMED_TOO_EARLY, List.of(ok(A, 0, 10, 20), gone, late), gone, late);
    }

    @Test
    void nodesThatDifferAreBothNamed() {
        Read longer = last("n1", A, B);
        Read shorter = last("n2", A);
        expect(Anomaly.REPLICAS_DIFFER, List.of(ok(A, 0, 10, 20), ok(B, 1, 15, 25), longer, shorter), shorter, longer);
    }

    @Test
    void aReadThatSkipsIsNamed() {
        Read gap = new Read(call(30, 40), Mode.LINEARIZABLE, "", 0, List.of(new Run(0, A, 1), new Run(2, B, 1)), -1, 3);
        List<Operation> history =
                List.of(ok(A, 0, 10, 20), ok(B + 1, 1, 20, 25), ok(B, 2, 25, 28), gap, last("n1", A, B + 1, B));
        expect(Anomaly.HOLE, history, gap);
    }

    @Test
    void noViolationIsWithoutAWitness() {
        for (int i = 0; i < 20_000; i++) {
            Random random = new Random(i);
            List<Operation> history = RandomHistory.spoiled(
                    random, RandomHistory.honest(random, 1 + random.nextInt(9), random.nextBoolean()));
            for (Violation violation : violations(history)) {
                assertThat(violation.witnesses())
                        .as("seed %d: %s%n%s", i, violation, history)
                        .isNotEmpty();
            }
        }
    }

    private static void expect(Anomaly anomaly, List<Operation> history, Operation... witnesses) {
        List<Violation> found = violations(history);
        assertThat(found).extracting(Violation::anomaly).contains(anomaly);
        Violation violation = found.stream()
                .filter(one -> one.anomaly() == anomaly)
                .findFirst()
                .orElseThrow();
        assertThat(violation.witnesses()).containsExactly(witnesses);
        assertThat(violation.toString()).hasLineCount(1 + witnesses.length);
    }

    private static List<Violation> violations(List<Operation> history) {
        HistoryChecker checker = new HistoryChecker();
        history.forEach(checker::add);
        checker.judge();
        history.forEach(checker.witnesses()::look);
        return checker.witnesses().violations();
    }

    private static Call call(long invoked, long returned) {
        return Call.ok(1, "log", invoked, returned);
    }

    private static Append ok(long id, long offset, long invoked, long returned) {
        return new Append(call(invoked, returned), id, 1, offset);
    }

    private static Describe seen(long start, long end, long invoked, long returned) {
        return new Describe(call(invoked, returned), Mode.LINEARIZABLE, "", start, end);
    }

    private static Read last(String node, long... ids) {
        List<Run> runs = new ArrayList<>();
        for (long id : ids) {
            runs.add(new Run(runs.size(), id, 1));
        }
        return new Read(call(1000, 1010), Mode.FINAL, node, 0, runs, 0, ids.length);
    }
}
