package io.walnut.wal.crash;

import io.walnut.wal.WalException;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.Storage;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * Crashes a scenario at every operation that changes the storage, recovers what the disk may then hold, and says what is wrong.
 * The log may see the storage through a wrapper, which is how the harness is shown to find what it is there to find.
 */
final class CrashHarness {
    private static final int IMAGES_PER_CRASH = 16;
    private static final int STEPS = 14;

    private final long seed;
    private final UnaryOperator<Storage> wrapper;
    private final RecoveryCheck check;
    private long crashes;

    CrashHarness(long seed, UnaryOperator<Storage> wrapper) {
        this.seed = seed;
        this.wrapper = wrapper;
        this.check = new RecoveryCheck(wrapper);
    }

    long images() {
        return check.images();
    }

    long crashes() {
        return crashes;
    }

    /** What was wrong, each with what repeats it; empty is good. */
    List<String> violations() {
        return check.violations();
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
                check.check(
                        image,
                        scenario.allowed(),
                        "seed " + seed + ", crash " + crashAt + ", image " + check.images(),
                        storage.trace(),
                        random);
            }
            if (!crashed || check.isEnough()) {
                return;
            }
        }
    }
}
