package io.walnut.wal.lincheck;

import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is durable advances in the order of the log, though groups come to the disk in any order: each batch fills a group that is
 * written beside the others. Whoever sees it, and whoever has appended, finds that a power cut would leave it.
 */
@Tag("lincheck")
class DurableLsnLincheckTest {
    private static final ExecutionScenario[] SCENARIOS = {
        Interleavings.scenario(Watermark.class, "", "append 1", "append 2", "durable, durable"),
        Interleavings.scenario(Watermark.class, "append 1", "append 2, append 3", "append 4, durable")
    };

    /** The log. */
    public static class Watermark {
        private final Disk disk = new Disk();
        private final Wal wal;
        private final AtomicLong seen = new AtomicLong();

        public Watermark() throws WalException {
            wal = disk.open();
        }

        @Operation
        public long append(@Param(gen = IntGen.class, conf = "0:99") int value) throws WalException {
            long lsn = wal.append(Disk.batch(value));
            check(lsn + 1, "acknowledged");
            return lsn;
        }

        @Operation
        public long durable() throws WalException {
            long before = seen.get();
            long durable = wal.durableLsn();
            if (durable < before) {
                throw new AssertionError(durable + " after " + before);
            }
            check(durable, "said to be durable");
            seen.accumulateAndGet(durable, Math::max);
            return durable;
        }

        private void check(long end, String what) throws WalException {
            if (disk.endAfterPowerCut() < end) {
                throw new AssertionError("LSN " + (end - 1) + " is " + what + " and would be lost");
            }
        }
    }

    /** What it is like: an append takes place when it becomes durable. */
    public static class Model {
        private long records;

        public long append(int value) {
            return records++;
        }

        public long durable() {
            return records;
        }
    }

    @Test
    void itAdvancesInOrderWhateverIsWrittenFirst() {
        Interleavings.oneByOne(SCENARIOS).sequentialSpecification(Model.class).check(Watermark.class);
    }

    @Test
    void soItDoesWhenAllRunAtOnce() {
        Interleavings.atOnce(SCENARIOS).sequentialSpecification(Model.class).check(Watermark.class);
    }
}
