package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Wal;
import io.walnut.wal.WalClosedException;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalException;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalStorageFullException;
import io.walnut.wal.crash.FailingStorage.Operation;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.StorageFullException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each kind of operation of the storage fails at each of its occurrences in scenarios of each mix, once and for good, with an
 * error and with a full disk. The log says so by a type of its own or heals; what it had acknowledged is there when it is opened again, closed
 * before or not; and where it says that nothing was done and that it works on, it does. {@code -Dwalnut.seed=N} takes other
 * scenarios.
 */
@ExtendWith(QuietLog.class)
class FailingStorageTest {
    private static final long FIRST_SEED = Long.getLong("walnut.seed", 1);
    private static final int SCENARIOS = 3 * Scenario.Mix.values().length;
    private static final int STEPS = 14;
    private static final int IMAGES = 2;

    private enum Failure implements Supplier<IOException> {
        ERROR {
            @Override
            public IOException get() {
                return new IOException("Input/output error");
            }
        },
        FULL {
            @Override
            public IOException get() {
                return new StorageFullException("full", new IOException("No space left on device"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SHORT_READ") // no error: bytes that are not there
    @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void isTypedAndLosesNothing(Operation operation) {
        Map<String, Integer> outcomes = new TreeMap<>();
        int cells = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SCENARIOS; seed++) {
            for (Failure failure : Failure.values()) {
                for (boolean lasting : new boolean[] {false, true}) {
                    long occurrence = 1;
                    while (fails(operation, failure, lasting, seed, occurrence, outcomes)) {
                        occurrence++;
                        cells++;
                    }
                }
            }
        }
        System.out.println("cells of " + operation + ": " + cells + " " + outcomes);
        assertThat(cells).isPositive();
    }

    /** Whether there is such an occurrence. */
    private static boolean fails(
            Operation operation,
            Failure failure,
            boolean lasting,
            long seed,
            long occurrence,
            Map<String, Integer> outcomes) {
        String cell = "seed %d, %s number %d, %s%s"
                .formatted(seed, operation, occurrence, failure, lasting ? ", lasting" : "");
        FaultyStorage disk = new FaultyStorage();
        FailingStorage storage = new FailingStorage(disk, operation, occurrence, failure, lasting);
        Scenario scenario = new Scenario(seed);
        WalException thrown = null;
        try {
            scenario.run(storage, STEPS);
        } catch (WalException e) {
            thrown = e;
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(cell + ": not typed, or wrong: " + e, e);
        }
        if (!storage.failed()) {
            return false;
        }
        assertThat(thrown instanceof WalCorruptException).as(cell).isFalse(); // what cannot be read is not wrong
        outcomes.merge(thrown == null ? "healed" : thrown.getClass().getSimpleName(), 1, Integer::sum);
        Set<LogModel> allowed = scenario.allowed();
        for (Map<String, byte[]> image : disk.crashImages().choose(IMAGES, new Random(occurrence))) {
            check(cell + ", killed", image, allowed);
        }
        check(cell + ", left", disk.contents(), allowed);
        worksOn(cell, scenario.log(), lasting, thrown, allowed, disk);
        return true;
    }

    private static void check(String cell, Map<String, byte[]> files, Set<LogModel> allowed) {
        try {
            assertThat(Scenario.contents(Wal.open(FaultyStorage.of(files), Scenario.options())))
                    .as(cell)
                    .isIn(allowed);
        } catch (WalException e) {
            throw new AssertionError(cell + ": cannot be opened again: " + e, e);
        }
    }

    private static void worksOn(
            String cell,
            @Nullable Wal wal,
            boolean lasting,
            @Nullable WalException thrown,
            Set<LogModel> allowed,
            FaultyStorage disk) {
        if (wal == null) {
            return;
        }
        if (thrown == null) {
            check(cell + ", closed", disk.contents(), allowed);
            return;
        }
        Set<LogModel> expected = allowed;
        LogModel.Entry entry = new LogModel.Entry(7, "after");
        if (!lasting && (thrown instanceof WalIoException || thrown instanceof WalStorageFullException)) {
            try {
                LogModel before = Scenario.contents(wal);
                assertThat(before).as(cell).isIn(allowed);
                wal.append(Scenario.encode(List.of(entry)));
                LogModel after = before.with(List.of(entry));
                assertThat(Scenario.contents(wal)).as(cell).isEqualTo(after);
                wal.close();
                expected = Set.of(after);
            } catch (WalClosedException e) {
                // it was the close that failed
            } catch (WalException e) {
                throw new AssertionError(cell + ": said that the log works on: " + thrown + ", and then " + e, e);
            }
        } else {
            try {
                wal.close();
            } catch (WalException e) {
                // typed, as all of it
            }
        }
        check(cell + ", closed", disk.contents(), expected);
    }
}
