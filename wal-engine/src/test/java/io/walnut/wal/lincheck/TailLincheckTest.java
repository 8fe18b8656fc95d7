package io.walnut.wal.lincheck;

import io.walnut.wal.TailCursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two tails beside those who append: each gets every record once, in order, with its own bytes, as soon as it is durable and not
 * before. Segments are rolled, sealed and mapped meanwhile.
 */
@Tag("lincheck")
class TailLincheckTest {
    private static final int NOTHING = -1;

    private static final ExecutionScenario[] SCENARIOS = {
        Interleavings.scenario(Tails.class, "", "append 1", "first, second"),
        Interleavings.scenario(Tails.class, "append 1, append 2", "append 3, append 4", "first, first, first, first")
    };

    /** The log. */
    public static class Tails {
        private final Disk disk = new Disk(16 << 10);
        private final Wal wal;
        private final TailCursor first;
        private final TailCursor second;

        public Tails() throws WalException {
            wal = disk.open();
            first = wal.tail(0);
            second = wal.tail(0);
        }

        @Operation
        public long append(@Param(gen = IntGen.class, conf = "0:99") int value) throws WalException {
            return wal.append(Disk.batch(value));
        }

        @Operation(nonParallelGroup = "first")
        public int first() throws WalException {
            return next(first);
        }

        @Operation(nonParallelGroup = "second")
        public int second() throws WalException {
            return next(second);
        }

        private int next(TailCursor tail) throws WalException {
            long lsn = tail.nextLsn();
            if (!tail.next()) {
                return NOTHING;
            }
            int value = Disk.value(tail.payload());
            if (tail.lsn() != lsn || tail.tag() != value) {
                throw new AssertionError("LSN " + tail.lsn() + " where " + lsn + " is next");
            }
            if (disk.endAfterPowerCut() <= lsn) {
                throw new AssertionError("LSN " + lsn + " was read and would be lost");
            }
            return value;
        }
    }

    /** What it is like: an append takes place when it becomes durable. */
    public static class Model {
        private final List<Integer> values = new ArrayList<>();
        private int first;
        private int second;

        public long append(int value) {
            values.add(value);
            return values.size() - 1L;
        }

        public int first() {
            return first < values.size() ? values.get(first++) : NOTHING;
        }

        public int second() {
            return second < values.size() ? values.get(second++) : NOTHING;
        }
    }

    @Test
    void aTailSeesEveryRecordOnceWhenItIsDurable() {
        Interleavings.oneByOne(SCENARIOS).sequentialSpecification(Model.class).check(Tails.class);
    }

    @Test
    void soItDoesWhenAllRunAtOnce() {
        Interleavings.atOnce(SCENARIOS).sequentialSpecification(Model.class).check(Tails.class);
    }
}
