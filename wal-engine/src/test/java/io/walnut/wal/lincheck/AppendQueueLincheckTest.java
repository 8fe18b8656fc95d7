package io.walnut.wal.lincheck;

import io.walnut.wal.Acknowledge;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalRangeException;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The append queue: batches get dense LSNs in one order, whoever writes them; each is written once, and can be read as soon as it
 * has its LSN. Memory is for four of them, a segment for two, so threads wait for room, for a segment, and for each other.
 */
@Tag("lincheck")
class AppendQueueLincheckTest {
    private static final int NOTHING = -1;

    private static final ExecutionScenario[] SCENARIOS = {
        Interleavings.scenario(Queue.class, "enqueue 1, enqueue 2", "append 3", "enqueue 4, enqueue 5"),
        Interleavings.scenario(Queue.class, "", "append 1, end", "append 2, read 0")
    };

    /** The log. */
    public static class Queue {
        private final Wal wal;

        public Queue() throws WalException {
            wal = new Disk(16 << 10).open();
        }

        @Operation
        public long append(@Param(gen = IntGen.class, conf = "0:99") int value) throws WalException {
            return wal.append(Disk.batch(value));
        }

        @Operation
        public long enqueue(@Param(gen = IntGen.class, conf = "0:99") int value) throws WalException {
            return wal.append(Disk.batch(value), Acknowledge.ENQUEUED);
        }

        @Operation
        public int read(@Param(gen = IntGen.class, conf = "0:5") int lsn) throws WalException {
            try {
                return Disk.value(wal.read(lsn));
            } catch (WalRangeException e) {
                return NOTHING;
            }
        }

        @Operation
        public long end() {
            return wal.endLsn();
        }
    }

    /** What it is like. */
    public static class Model {
        private final List<Integer> values = new ArrayList<>();

        public long append(int value) {
            values.add(value);
            return values.size() - 1L;
        }

        public long enqueue(int value) {
            return append(value);
        }

        public int read(int lsn) {
            return lsn < values.size() ? values.get(lsn) : NOTHING;
        }

        public long end() {
            return values.size();
        }
    }

    @Test
    void everyInterleavingIsThatOfAList() {
        Interleavings.oneByOne(SCENARIOS).sequentialSpecification(Model.class).check(Queue.class);
    }

    @Test
    void soItIsWhenAllRunAtOnce() {
        Interleavings.atOnce(SCENARIOS).sequentialSpecification(Model.class).check(Queue.class);
    }
}
