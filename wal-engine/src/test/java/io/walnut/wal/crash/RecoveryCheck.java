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
 * Recovers what a disk may hold after a crash, and says what is wrong: the log is one of those allowed; it is the same after a
 * crash in the recovery, at each of its operations; and it can be appended to, used, and crash again.
 */
final class RecoveryCheck {
    private static final int ENOUGH_VIOLATIONS = 5;
    private static final int STEPS_OF_THE_SECOND = 4;
    private static final int OPERATIONS_OF_THE_SECOND = 60;
    private static final int IMAGES_PER_CRASHED_RECOVERY = 32;
    private static final int IMAGES_PER_THIRD_CRASH = 4;

    private final UnaryOperator<Storage> wrapper;
    private final List<String> violations = new ArrayList<>();
    private long images;

    /** A log that is used after its recovery sees the storage through the wrapper. */
    RecoveryCheck(UnaryOperator<Storage> wrapper) {
        this.wrapper = wrapper;
    }

    /** Recovered so far, those of later crashes included. */
    long images() {
        return images;
    }

    /** What was wrong, each with what repeats it; empty is good. */
    List<String> violations() {
        return violations;
    }

    boolean isEnough() {
        return violations.size() >= ENOUGH_VIOLATIONS;
    }

    /** One image; {@code trace} are the operations that led to it. */
    void check(Map<String, byte[]> image, Set<LogModel> allowed, String where, List<String> trace, Random random) {
        images++;
        FaultyStorage disk = FaultyStorage.of(image);
        LogModel found;
        boolean tornBetweenFrames;
        long operations;
        try {
            Wal wal = Wal.open(disk, Scenario.options());
            operations = disk.operations();
            tornBetweenFrames = isTornBetweenFrames(wal.recoveryReport());
            found = Scenario.contents(wal);
            // Not closed: the recovery of a recovery begins at another crash.
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "recovery failed: " + e, trace);
            return;
        }
        if (!allowed.contains(found)) {
            violation(where, "recovered " + found + ", allowed " + allowed, trace);
            return;
        }
        for (Map<String, byte[]> second : disk.crashImages().choose(2, random)) {
            recover(second, found, where + ", crashed after the recovery", trace);
        }
        if (tornBetweenFrames || images % IMAGES_PER_CRASHED_RECOVERY == 0) {
            crashTheRecovery(image, operations, found, where, trace, random);
        }
        if (images % 4 == 0) {
            crashAgainLater(disk, found, where, trace, random);
        } else {
            appendAfter(disk, found, where, trace);
        }
    }

    /** The recovered log is used, truncated, and crashes again: what recovery left must be as good as what a log writes. */
    private void crashAgainLater(FaultyStorage disk, LogModel found, String where, List<String> trace, Random random) {
        FaultyStorage again = FaultyStorage.of(disk.contents());
        again.crashAt(1 + random.nextInt(OPERATIONS_OF_THE_SECOND));
        Scenario.Mix mix = random.nextBoolean() ? Scenario.Mix.GENERAL : Scenario.Mix.COMPACTIONS;
        Scenario second = new Scenario(random.nextLong(), mix, found);
        try {
            second.run(wrapper.apply(again), STEPS_OF_THE_SECOND);
        } catch (FaultyStorage.Crash e) {
            // wanted; without one the log was closed, which is one more state
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "using the recovered log failed: " + e, trace);
            return;
        }
        for (Map<String, byte[]> image : again.crashImages().choose(1, random)) {
            images++;
            try {
                LogModel now = Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options()));
                if (!second.allowed().contains(now)) {
                    violation(where, "after a second crash " + now + ", allowed " + second.allowed(), again.trace());
                }
            } catch (WalException | RuntimeException | AssertionError e) {
                violation(where, "recovery after a second crash failed: " + e, again.trace());
            }
        }
    }

    /** Of a write of several frames some came to the disk, and the last of them does not end on a block. */
    private static boolean isTornBetweenFrames(RecoveryReport report) {
        return report.segments().stream()
                .anyMatch(segment -> segment.verdict() == Verdict.TORN && segment.endPosition() % Blocks.BYTES != 0);
    }

    /**
     * Recovers again after a crash at each operation of the recovery: whatever of it the disk then holds, all done or not, the
     * log is the same. Of the recovery that follows, a crash at one operation, too.
     */
    private void crashTheRecovery(
            Map<String, byte[]> image,
            long operations,
            LogModel found,
            String where,
            List<String> trace,
            Random random) {
        for (long crashAt = 1; crashAt <= operations; crashAt++) {
            FaultyStorage again = crashedWhileOpened(image, crashAt);
            recover(again.contents(), found, where + ", recovery crashed at " + crashAt, trace);
            for (Map<String, byte[]> second : again.crashImages().choose(1, random)) {
                recover(second, found, where + ", recovery crashed at " + crashAt, trace);
                if (random.nextInt(IMAGES_PER_THIRD_CRASH) == 0) {
                    FaultyStorage third = crashedWhileOpened(second, 1 + random.nextInt((int) operations));
                    for (Map<String, byte[]> last : third.crashImages().choose(1, random)) {
                        recover(last, found, where + ", recovery crashed at " + crashAt + ", and again", trace);
                    }
                }
            }
        }
    }

    private static FaultyStorage crashedWhileOpened(Map<String, byte[]> image, long crashAt) {
        FaultyStorage storage = FaultyStorage.of(image);
        storage.crashAt(crashAt);
        try {
            Wal.open(storage, Scenario.options());
        } catch (FaultyStorage.Crash e) {
            // wanted
        } catch (WalException e) {
            throw new AssertionError("recovery failed: " + e, e);
        }
        return storage;
    }

    private void recover(Map<String, byte[]> image, LogModel found, String where, List<String> trace) {
        images++;
        try {
            LogModel again = Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options()));
            if (!again.equals(found)) {
                violation(where, "recovered " + found + ", and after another crash " + again, trace);
            }
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "recovery after another crash failed: " + e, trace);
        }
    }

    private void appendAfter(FaultyStorage disk, LogModel found, String where, List<String> trace) {
        LogModel.Entry entry = new LogModel.Entry(7, "after");
        LogModel expected = found.with(List.of(entry));
        try {
            Wal wal = Wal.open(FaultyStorage.of(disk.contents()), Scenario.options());
            long lsn = wal.append(Scenario.encode(List.of(entry)));
            LogModel now = Scenario.contents(wal);
            if (lsn != found.endLsn() || !now.equals(expected)) {
                violation(where, "an append after recovery gave LSN " + lsn + " and " + now, trace);
            }
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(where, "an append after recovery failed: " + e, trace);
        }
    }

    private void violation(String where, String what, List<String> trace) {
        if (violations.size() < ENOUGH_VIOLATIONS) {
            violations.add(where + ": " + what + "\n  last operations: "
                    + trace.subList(Math.max(0, trace.size() - 12), trace.size()));
        } else {
            violations.add(where + ": " + what);
        }
    }
}
