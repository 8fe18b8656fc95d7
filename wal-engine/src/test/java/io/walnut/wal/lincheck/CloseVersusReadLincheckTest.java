package io.walnut.wal.lincheck;

import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalClosedException;
import io.walnut.wal.WalException;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers while the log is closed: each gets the record with its bytes, or hears that the log is closed. The mapping of a sealed
 * segment goes with its last holder, and a look at it after that is an error.
 */
@Tag("lincheck")
class CloseVersusReadLincheckTest {
    private static final int RECORDS = 5; // two segments are sealed, one is not

    private static final ExecutionScenario[] SCENARIOS = {
        Interleavings.scenario(Closing.class, "next", "close", "next, next, next"),
        Interleavings.scenario(Closing.class, "", "close, read 0", "read 0, read 4")
    };

    /** The log. Each call says whether it was as it should be. */
    public static class Closing {
        private final Wal wal;
        private final Cursor cursor;

        public Closing() throws WalException {
            wal = new Disk(16 << 10).openWith(RECORDS);
            cursor = wal.cursor(0);
        }

        @Operation
        public boolean read(@Param(gen = IntGen.class, conf = "0:4") int lsn) throws WalException {
            try {
                return Disk.value(wal.read(lsn)) == lsn;
            } catch (WalClosedException e) {
                return true;
            }
        }

        @Operation(nonParallelGroup = "cursor")
        public boolean next() throws WalException {
            long lsn = cursor.nextLsn();
            try {
                return cursor.next() ? Disk.value(cursor.payload()) == lsn && cursor.tag() == lsn : lsn == RECORDS;
            } catch (WalClosedException e) {
                return true;
            }
        }

        @Operation(runOnce = true)
        public boolean close() throws WalException {
            wal.close();
            return true;
        }
    }

    /** What it is like. */
    public static class Model {
        public boolean read(int lsn) {
            return true;
        }

        public boolean next() {
            return true;
        }

        public boolean close() {
            return true;
        }
    }

    @Test
    void aReaderGetsTheRecordOrHearsThatTheLogIsClosed() {
        Interleavings.oneByOne(SCENARIOS).sequentialSpecification(Model.class).check(Closing.class);
    }

    @Test
    void soItIsWhenAllRunAtOnce() {
        Interleavings.atOnce(SCENARIOS).sequentialSpecification(Model.class).check(Closing.class);
    }
}
