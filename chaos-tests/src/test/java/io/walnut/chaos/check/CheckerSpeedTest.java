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
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many operations a second one thread judges; prints it. A history is not kept: it is made as it is judged. */
@Tag("slow")
class CheckerSpeedTest {
    private static final long OPERATIONS = Long.getLong("walnut.operations", 100_000_000);
    private static final int PROCESSES = 16;
    private static final int READ = 10;
    private static final String LOG = "log";

    @Test
    @Timeout(900)
    void aLongHistoryIsJudged() {
        HistoryChecker checker = new HistoryChecker();
        long start = System.nanoTime();
        long records = feed(checker, OPERATIONS - 1, -1);
        checker.add(new Read(after(), Mode.FINAL, "n1", records, List.of(), Operation.UNKNOWN, records));
        Verdict verdict = checker.judge();
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%,d operations, %,d records: %.1f s, %,.0f operations/s%n",
                verdict.operations(), records, seconds, verdict.operations() / seconds);
        assertThat(verdict.broken()).as("%s", verdict).isFalse();
    }

    /** The same, and one answer among millions is wrong. */
    @Test
    @Timeout(900)
    void oneStaleAnswerAmongMillionsIsFound() {
        HistoryChecker checker = new HistoryChecker();
        feed(checker, OPERATIONS / 10, OPERATIONS / 20);
        assertThat(checker.judge().counts()).containsOnlyKeys(Anomaly.STALE);
    }

    private static Call after() {
        return Call.ok(0, LOG, OPERATIONS * 20, OPERATIONS * 20);
    }

    /** Half appends of a record, the others looks at the end and reads of the last records; returns the end. */
    private static long feed(HistoryChecker checker, long operations, long stale) {
        long end = 0;
        long[] sequences = new long[PROCESSES];
        long[] ids = new long[READ];
        for (long i = 0; i < operations; i++) {
            int process = (int) (i % PROCESSES);
            long time = i * 10;
            Call call = Call.ok(process, LOG, time - 70, time + 70);
            if ((i / PROCESSES & 1) == 0) {
                long id = Ids.of(process, sequences[process]++);
                ids[(int) (end % READ)] = id;
                checker.add(new Append(call, id, 1, end++));
            } else if ((i & 3) > 0 || end < READ) {
                long told = i >= stale && stale >= 0 ? end - 100 : end;
                if (told != end) {
                    stale = -1;
                }
                checker.add(new Describe(call, Mode.LINEARIZABLE, "", 0, told));
            } else {
                Run[] runs = new Run[READ];
                for (int k = 0; k < READ; k++) {
                    long offset = end - READ + k;
                    runs[k] = new Run(offset, ids[(int) (offset % READ)], 1);
                }
                checker.add(new Read(call, Mode.LINEARIZABLE, "", end - READ, List.of(runs), Operation.UNKNOWN, end));
            }
        }
        return end;
    }
}
