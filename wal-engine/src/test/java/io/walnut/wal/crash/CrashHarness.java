package io.walnut.wal.crash;

import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.format.Blocks;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Crashes a scenario at every operation that changes the storage, recovers what the disk may then hold, and says what is wrong.
 * The log may see the storage through a wrapper, which is how the harness is shown to find what it is there to find.
 */
final class CrashHarness {
    private static final int IMAGES_PER_CRASH = 16;
    private static final int STEPS = 14;
    private static final int ENOUGH_VIOLATIONS = 5;
    private static final int STEPS_OF_THE_SECOND = 4;
    private static final int OPERATIONS_OF_THE_SECOND = 60;

    private final long seed;
    private final UnaryOperator<Storage> wrapper;
    private final List<String> violations = new ArrayList<>();
    private long images;
    private long crashes;

    CrashHarness(long seed, UnaryOperator<Storage> wrapper) {
        this.seed = seed;
        this.wrapper = wrapper;
    }

    long images() {
        return images;
    }

    long crashes() {
        return crashes;
    }

    /** What was wrong, each with what repeats it; empty is good. */
    List<String> violations() {
        return violations;
    }

    /** Every crash of the scenario of this seed. */
    void run() throws WalException {
        for (long crashAt = 1; ; crashAt++) {
            FaultyStorage storage = new FaultyStorage();
            storage.crashAt(crashAt);
            Scenario scenario = new Scenario(seed);
            boolean crashed = false;
            try {
                scenario.run(wrapper.apply(storage), STEPS);
            } catch (FaultyStorage.Crash e) {
                crashed = true;
                crashes++;
            }
            Random random = new Random(seed * 1_000_003 + crashAt);
            for (Map<String, byte[]> image : storage.crashImages().choose(IMAGES_PER_CRASH, random)) {
                check(
                        image,
                        scenario.allowed(),
                        "seed " + seed + ", crash " + crashAt + ", image " + images,
                        storage,
                        random);
            }
            if (!crashed || violations.size() >= ENOUGH_VIOLATIONS) {
                return;
            }
        }
    }

    private void check(
            Map<String, byte[]> image, Set<LogModel> allowed, String where, FaultyStorage crashed, Random random) {
        images++;
        FaultyStorage disk = FaultyStorage.of(image);
        LogModel found;
        boolean tornBetweenFrames;
        try {
            Wal wal = Wal.open(disk, Scenario.options());
            tornBetweenFrames = isTornBetweenFrames(wal.recoveryReport());
            found = Scenario.contents(wal);
            // Not closed: the recovery of a recovery begins at another crash.
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "recovery failed: " + e, crashed);
            return;
        }
        if (!allowed.contains(found)) {
            violation(where, "recovered " + found + ", allowed " + allowed, crashed);
            return;
        }
        recoverAgain(disk, found, where, crashed, random);
        if (tornBetweenFrames) {
            crashTheRecovery(image, disk.operations(), found, where, crashed);
        }
        if (images % 4 == 0) {
            crashAgainLater(disk, found, where, crashed, random);
        } else {
            appendAfter(disk, found, where, crashed);
        }
    }

    /** The recovered log is used, truncated, and crashes again: what recovery left must be as good as what a log writes. */
    private void crashAgainLater(
            FaultyStorage disk, LogModel found, String where, FaultyStorage crashed, Random random) {
        FaultyStorage again = FaultyStorage.of(disk.contents());
        again.crashAt(1 + random.nextInt(OPERATIONS_OF_THE_SECOND));
        Scenario second = new Scenario(random.nextLong(), Scenario.Mix.GENERAL, found);
        try {
            second.run(wrapper.apply(again), STEPS_OF_THE_SECOND);
        } catch (FaultyStorage.Crash e) {
            // wanted; without one the log was closed, which is one more state
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "using the recovered log failed: " + e, crashed);
            return;
        }
        for (Map<String, byte[]> image : again.crashImages().choose(1, random)) {
            images++;
            try {
                LogModel now = Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options()));
                if (!second.allowed().contains(now)) {
                    violation(where, "after a second crash " + now + ", allowed " + second.allowed(), again);
                }
            } catch (WalException | RuntimeException | AssertionError e) {
                violation(where, "recovery after a second crash failed: " + e, again);
            }
        }
    }

    /** Of a write of several frames some came to the disk, and the last of them does not end on a block. */
    private static boolean isTornBetweenFrames(RecoveryReport report) {
        return report.segments().stream()
                .anyMatch(segment -> segment.verdict() == Verdict.TORN && segment.endPosition() % Blocks.BYTES != 0);
    }

    /** At every operation, with all that was done until then on the disk. */
    private void crashTheRecovery(
            Map<String, byte[]> image, long operations, LogModel found, String where, FaultyStorage crashed) {
        for (long crashAt = 1; crashAt <= operations; crashAt++) {
            FaultyStorage again = FaultyStorage.of(image);
            again.crashAt(crashAt);
            try {
                Wal.open(again, Scenario.options());
            } catch (FaultyStorage.Crash e) {
                // wanted
            } catch (WalException | RuntimeException | AssertionError e) {
                violation(where, "recovery failed: " + e, crashed);
                return;
            }
            images++;
            try {
                LogModel now = Scenario.contents(Wal.open(FaultyStorage.of(again.contents()), Scenario.options()));
                if (!now.equals(found)) {
                    violation(where, "recovered " + found + ", and after a crash in the recovery " + now, again);
                }
            } catch (WalException | RuntimeException | AssertionError e) {
                violation(where, "recovery after a crash in the recovery failed: " + e, again);
            }
        }
    }

    /** A crash in or right after the recovery changes nothing. */
    private void recoverAgain(FaultyStorage disk, LogModel found, String where, FaultyStorage crashed, Random random) {
        List<Map<String, byte[]>> second = disk.crashImages().choose(2, random);
        long operations = disk.operations();
        if (operations > 0 && images % 8 == 0) {
            FaultyStorage again = FaultyStorage.of(second.getFirst());
            again.crashAt(1 + random.nextInt((int) operations));
            try {
                Wal.open(again, Scenario.options());
            } catch (FaultyStorage.Crash e) {
                second = new ArrayList<>(second);
                second.addAll(again.crashImages().choose(2, random));
            } catch (WalException e) {
                violation(where, "recovery of the recovery failed: " + e, crashed);
                return;
            }
        }
        for (Map<String, byte[]> image : second) {
            images++;
            try {
                LogModel again = Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options()));
                if (!again.equals(found)) {
                    violation(where, "recovered " + found + ", and after another crash " + again, crashed);
                }
            } catch (WalException | RuntimeException | AssertionError e) {
                violation(where, "recovery after another crash failed: " + e, crashed);
            }
        }
    }

    private void appendAfter(FaultyStorage disk, LogModel found, String where, FaultyStorage crashed) {
        LogModel.Entry entry = new LogModel.Entry(7, "after");
        LogModel expected = found.with(List.of(entry));
        try {
            Wal wal = Wal.open(FaultyStorage.of(disk.contents()), Scenario.options());
            long lsn = wal.append(Scenario.encode(List.of(entry)));
            LogModel now = Scenario.contents(wal);
            if (lsn != found.endLsn() || !now.equals(expected)) {
                violation(where, "an append after recovery gave LSN " + lsn + " and " + now, crashed);
            }
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "an append after recovery failed: " + e, crashed);
        }
    }

    private void violation(String where, String what, FaultyStorage crashed) {
        if (violations.size() < ENOUGH_VIOLATIONS) {
            List<String> trace = crashed.trace();
            violations.add(where + ": " + what + "\n  last operations: "
                    + trace.subList(Math.max(0, trace.size() - 12), trace.size()));
        } else {
            violations.add(where + ": " + what);
        }
    }
}
