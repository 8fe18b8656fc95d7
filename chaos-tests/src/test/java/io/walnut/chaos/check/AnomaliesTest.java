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
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each thing that a log must not do is found, and called by its name. */
class AnomaliesTest {
    private static final long A = Ids.of(1, 0);
    private static final long B = Ids.of(2, 0);
    private static final long C = Ids.of(3, 0);

    @Test
    void whatIsRightIsNotBlamed() {
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 15, 25), finalRead("n1", A, B), finalRead("n2", A, B)))
                .isEmpty();
        assertThat(found()).isEmpty();
    }

    @Test
    void lost() {
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 15, 25), finalRead("n1", A)))
                .containsExactly(Anomaly.LOST);
    }

    @Test
    void duplicate() {
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 15, 25), finalRead("n1", A, B, A)))
                .containsExactly(Anomaly.DUPLICATE);
    }

    @Test
    void divergent() {
        assertThat(found(ok(A, 0, 10, 20), unknown(B, 15), finalRead("n1", A), finalRead("n2", B)))
                .contains(Anomaly.DIVERGENT);
        assertThat(found(ok(A, 0, 10, 20), ok(B, 0, 15, 25), finalRead("n1", A)))
                .contains(Anomaly.DIVERGENT);
    }

    @Test
    void phantom() {
        assertThat(found(ok(A, 0, 10, 20), finalRead("n1", A, C))).containsExactly(Anomaly.PHANTOM);
    }

    @Test
    void altered() {
        assertThat(found(ok(A, 0, 10, 20), finalRead("n1", A, Ids.ALTERED))).contains(Anomaly.ALTERED);
    }

    @Test
    void hole() {
        Read gap = new Read(call(30, 40), Mode.LINEARIZABLE, "", 0, List.of(new Run(0, A, 1), new Run(2, B, 1)), -1, 3);
        assertThat(found(ok(A, 0, 10, 20), ok(C, 1, 20, 25), ok(B, 2, 25, 28), gap, finalRead("n1", A, C, B)))
                .containsExactly(Anomaly.HOLE);
    }

    @Test
    void tornBatch() {
        Append batch = new Append(call(10, 20), A, 2, 0);
        assertThat(found(batch, seen(0, 1, 12, 30), finalRead("n1", A, A + 1))).containsExactly(Anomaly.TORN_BATCH);
        Append half = new Append(new Call(1, "log", 10, 20, Outcome.INFO, "deadline"), A, 2, Operation.UNKNOWN);
        assertThat(found(half, finalRead("n1", A))).containsExactly(Anomaly.TORN_BATCH);
    }

    @Test
    void failedAppendIsThere() {
        Append failed = new Append(new Call(1, "log", 10, 20, Outcome.FAIL, "full"), A, 1, Operation.UNKNOWN);
        assertThat(found(failed, finalRead("n1", A))).containsExactly(Anomaly.FAILED_APPEND_IS_THERE);
    }

    @Test
    void reordered() {
        assertThat(found(ok(B, 1, 10, 20), ok(A, 0, 21, 30), finalRead("n1", A, B)))
                .containsExactly(Anomaly.REORDERED);
        assertThat(found(ok(B, 1, 10, 20), ok(A, 0, 20, 30), finalRead("n1", A, B)))
                .isEmpty();
    }

    @Test
    void stale() {
        assertThat(found(ok(A, 0, 10, 20), seen(0, 0, 21, 22), finalRead("n1", A)))
                .containsExactly(Anomaly.STALE);
        assertThat(found(ok(A, 0, 10, 20), seen(0, 0, 19, 22), finalRead("n1", A)))
                .isEmpty();
        assertThat(found(unknown(A, 10), seen(0, 1, 21, 22), seen(0, 0, 23, 24), finalRead("n1", A)))
                .containsExactly(Anomaly.STALE);
        Describe old = new Describe(call(30, 31), Mode.COMMITTED, "n1", 0, 0);
        assertThat(found(ok(A, 0, 10, 20), old, finalRead("n1", A))).isEmpty();
    }

    @Test
    void future() {
        assertThat(found(seen(0, 1, 5, 8), ok(A, 0, 10, 20), finalRead("n1", A)))
                .containsExactly(Anomaly.FUTURE);
    }

    @Test
    void trimmedTooEarly() {
        assertThat(found(ok(A, 0, 10, 20), seen(1, 1, 30, 40))).containsExactly(Anomaly.TRIMMED_TOO_EARLY);
        assertThat(found(ok(A, 0, 10, 20), seen(1, 1, 30, 40), new Trim(call(41, 50), 1, 1)))
                .containsExactly(Anomaly.TRIMMED_TOO_EARLY);
    }

    @Test
    void trimUndone() {
        assertThat(found(ok(A, 0, 10, 20), new Trim(call(30, 40), 1, 1), seen(0, 1, 50, 60)))
                .containsExactly(Anomaly.TRIM_UNDONE);
    }

    @Test
    void replicasDiffer() {
        assertThat(found(ok(A, 0, 10, 20), unknown(B, 15), finalRead("n1", A, B), finalRead("n2", A)))
                .contains(Anomaly.REPLICAS_DIFFER);
    }

    @Test
    void severalAreToldInTheirOrder() {
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 15, 25), ok(C, 2, 30, 40), finalRead("n1", B, A, Ids.ALTERED)))
                .hasSizeGreaterThan(2)
                .isSorted();
    }

    @Test
    void withoutALastReadNothingIsCertain() {
        HistoryChecker checker = new HistoryChecker();
        checker.add(ok(A, 0, 10, 20));
        assertThat(checker.judge().conclusive()).isFalse();
    }

    /** A harness that reads one of them at last would find no two that differ. */
    @Test
    void whatANodeHasThatIsNotReadAtLastIsNotCertain() {
        Describe other = new Describe(call(30, 31), Mode.COMMITTED, "n2", 0, 1);
        HistoryChecker one = new HistoryChecker();
        List.of(ok(A, 0, 10, 20), other, finalRead("n1", A)).forEach(one::add);
        assertThat(one.judge().conclusive()).isFalse();

        HistoryChecker both = new HistoryChecker();
        List.of(ok(A, 0, 10, 20), other, finalRead("n1", A), finalRead("n2", A)).forEach(both::add);
        assertThat(both.judge().conclusive()).isTrue();
    }

    private static List<Anomaly> found(Operation... operations) {
        HistoryChecker checker = new HistoryChecker();
        Arrays.stream(operations).forEach(checker::add);
        return new ArrayList<>(checker.judge().counts().keySet());
    }

    private static Call call(long invoked, long returned) {
        return Call.ok(1, "log", invoked, returned);
    }

    private static Append ok(long id, long offset, long invoked, long returned) {
        return new Append(call(invoked, returned), id, 1, offset);
    }

    private static Append unknown(long id, long invoked) {
        return new Append(new Call(1, "log", invoked, invoked + 5, Outcome.INFO, "deadline"), id, 1, Operation.UNKNOWN);
    }

    private static Describe seen(long start, long end, long invoked, long returned) {
        return new Describe(call(invoked, returned), Mode.LINEARIZABLE, "", start, end);
    }

    private static Read finalRead(String node, long... ids) {
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            runs.add(new Run(i, ids[i], 1));
        }
        return new Read(call(1000, 1010), Mode.FINAL, node, 0, runs, 0, ids.length);
    }

    @Test
    void aReadThatContradictsItself() {
        Read beyond =
                new Read(call(30, 40), Mode.LINEARIZABLE, "", 0, List.of(new Run(0, A, 1), new Run(1, B, 1)), -1, 1);
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 20, 25), beyond, finalRead("n1", A, B)))
                .contains(Anomaly.FUTURE);
    }

    @Test
    void anEndWithinABatchIsTornWhoeverSawIt() {
        Append batch = new Append(call(10, 20), A, 3, 0);
        Describe end = new Describe(call(30, 40), Mode.COMMITTED, "n1", 0, 1);
        assertThat(found(batch, end, finalRead("n1", A, A + 1, A + 2))).containsExactly(Anomaly.TORN_BATCH);
    }

    @Test
    void startsThatDifferAtTheEnd() {
        Trim trim = new Trim(new Call(1, "log", 30, 40, Outcome.INFO, "deadline"), 1, Operation.UNKNOWN);
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 20, 25), trim, last("n1", 0, 2, 0, A, B), last("n2", 1, 2, 1, B)))
                .containsExactly(Anomaly.REPLICAS_DIFFER);
    }

    @Test
    void aLogThatBeginsLateAtTheEndAndWasNotTrimmed() {
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 20, 25), last("n1", 1, 2, Operation.UNKNOWN, B)))
                .contains(Anomaly.TRIMMED_TOO_EARLY);
    }

    @Test
    void aTrimThatSaysThatItIsNone() {
        Trim trim = new Trim(call(30, 40), 2, 1);
        assertThat(found(ok(A, 0, 10, 20), ok(B, 1, 20, 25), trim, last("n1", 2, 2, 2)))
                .contains(Anomaly.TRIM_UNDONE);
    }

    @Test
    void aPartOfABatchIsTornThoughTheLogWasTrimmedElsewhere() {
        Append batch = new Append(new Call(1, "log", 20, 25, Outcome.INFO, "deadline"), B, 3, Operation.UNKNOWN);
        Trim trim = new Trim(call(30, 40), 1, 1);
        assertThat(found(ok(A, 0, 10, 20), batch, trim, last("n1", 1, 3, 1, B, B + 1)))
                .containsExactly(Anomaly.TORN_BATCH);
    }

    @Test
    void lastReadsThatFailedOrAreIncompleteSayNothing() {
        Read failed = new Read(
                new Call(1, "log", 900, 910, Outcome.FAIL, "deadline"), Mode.FINAL, "n2", 1, List.of(), -1, -1);
        HistoryChecker checker = new HistoryChecker();
        for (Operation operation :
                List.of(ok(A, 0, 10, 20), ok(B, 1, 20, 25), finalRead("n1", A, B), last("n2", 0, 2, 0, A), failed)) {
            checker.add(operation);
        }
        Verdict verdict = checker.judge();
        assertThat(verdict.counts()).isEmpty();
        assertThat(verdict.conclusive()).isFalse();
    }

    @Test
    void piecesOfALastReadComeInAnyOrderAndTwice() {
        assertThat(found(
                        ok(A, 0, 10, 20),
                        ok(B, 1, 20, 25),
                        last("n1", 1, 2, 0, B),
                        last("n1", 0, 2, 0, A),
                        last("n1", 0, 2, 0, A, B)))
                .isEmpty();
    }

    @Test
    void nothingToJudgeIsNoAcquittal() {
        assertThat(new HistoryChecker().judge().conclusive()).isFalse();
    }

    /** A piece of what a node has at last. */
    private static Read last(String node, long from, long end, long start, long... ids) {
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            runs.add(new Run(from + i, ids[i], 1));
        }
        return new Read(call(900, 910), Mode.FINAL, node, from, runs, start, end);
    }
}
