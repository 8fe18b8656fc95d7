package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalIoException;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import io.walnut.wal.io.QuietLog;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each sync of a segment fails in scenarios of each mix, on a system that keeps what was not synced in its memory and takes it for
 * synced. The process ends and opens the log again: what it then says that the log holds must be there after a power cut, and
 * what had been acknowledged must be there whenever the power fails meanwhile. {@code -Dwalnut.seed=N} takes other scenarios.
 */
@ExtendWith(QuietLog.class)
class FailedSyncTest {
    private static final long FIRST_SEED = Long.getLong("walnut.seed", 1);
    private static final int SCENARIOS = Scenario.Mix.values().length;
    private static final int STEPS = 14;
    private static final int IMAGES = 8;

    /** What a process left behind in which a sync failed; null where there were not so many. The machine is up. */
    private record Left(FaultyStorage storage, Set<LogModel> allowed) {}

    @Test
    void whatARecoveryFindsIsOnTheDiskWhenItIsDone() throws Exception {
        int failed = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SCENARIOS; seed++) {
            Left left;
            for (int sync = 1; (left = left(seed, sync)) != null; sync++) {
                failed++;
                String where = "seed " + seed + ", sync " + sync;
                assertThatWhatIsFoundStays(where, left);
                long operations = left.storage().operations();
                crashInRecovery(where, seed, sync, operations);
                failInRecovery(where, seed, sync);
            }
        }
        System.out.println("syncs of segments that failed: " + failed);
        assertThat(failed).isPositive();
    }

    private static @Nullable Left left(long seed, int failing) {
        FaultyStorage storage = new FaultyStorage();
        storage.losePagesWhoseSyncFails();
        int[] until = failSyncOfASegment(storage, failing);
        Scenario scenario = new Scenario(seed);
        try {
            scenario.run(storage, STEPS);
            if (until[0] > 0) {
                return null;
            }
        } catch (WalException e) {
            closeQuietly(scenario.log());
        }
        storage.refuse((_, _, _) -> {});
        return new Left(storage, scenario.allowed());
    }

    /** How many are left until it fails can be seen in the answer. */
    private static int[] failSyncOfASegment(FaultyStorage storage, int failing) {
        int[] until = {failing};
        storage.refuse((_, kind, name) -> {
            if (kind == Kind.SYNC && name.endsWith(".seg") && --until[0] == 0) {
                throw new IOException("Input/output error");
            }
        });
        return until;
    }

    private static void closeQuietly(@Nullable Wal wal) {
        try {
            if (wal != null) {
                wal.close();
            }
        } catch (WalException e) {
            // it is poisoned; the directory is free
        }
    }

    private static void assertThatWhatIsFoundStays(String where, Left left) throws WalException {
        LogModel found = Scenario.contents(Wal.open(left.storage(), Scenario.options()));
        assertThat(found).as(where).isIn(left.allowed());
        assertThatPowerCutsLeave(where, left.storage(), Set.of(found));
    }

    private static void assertThatPowerCutsLeave(String where, FaultyStorage storage, Set<LogModel> allowed)
            throws WalException {
        List<Map<String, byte[]>> images = storage.crashImages().choose(IMAGES, new Random(where.hashCode()));
        for (Map<String, byte[]> image : images) {
            assertThat(Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options())))
                    .as(where)
                    .isIn(allowed);
        }
    }

    /** The power fails before the open has returned. */
    private static void crashInRecovery(String where, long seed, int sync, long lastOperation) throws WalException {
        for (long crashAt = 1; ; crashAt++) {
            Left left = left(seed, sync);
            if (left == null || left.storage().operations() + crashAt > lastOperation) {
                return;
            }
            left.storage().crashAt(left.storage().operations() + crashAt);
            try {
                Wal.open(left.storage(), Scenario.options());
                return;
            } catch (FaultyStorage.Crash e) {
                assertThatPowerCutsLeave(
                        where + ", crash at operation " + crashAt + " of the recovery", left.storage(), left.allowed());
            }
        }
    }

    /** A sync of the recovery fails too, and the log is opened once more. */
    private static void failInRecovery(String where, long seed, int sync) throws WalException {
        for (int second = 1; ; second++) {
            Left left = left(seed, sync);
            if (left == null) {
                return;
            }
            int[] until = failSyncOfASegment(left.storage(), second);
            try {
                Wal.open(left.storage(), Scenario.options()); // which goes on without a prepared segment
                if (until[0] > 0) {
                    return;
                }
            } catch (WalIoException e) {
                left.storage().refuse((_, _, _) -> {});
                assertThatWhatIsFoundStays(where + ", sync " + second + " of the recovery", left);
            }
        }
    }
}
