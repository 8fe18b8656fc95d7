package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.Storage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Repeat one seed with {@code -Dwalnut.seed=N}; the slow test takes {@code -Dwalnut.images=N}. */
class CrashTest {
    private static final long FIRST_SEED = Long.getLong("walnut.seed", 1);
    private static final long IMAGES_IN_EVERY_BUILD = 10_000;
    private static final long IMAGES_IN_THE_SLOW_PROFILE = Long.getLong("walnut.images", 1_000_000);

    @Test
    void nothingAcknowledgedIsLostAndNothingIsInventedWhereverItCrashes() throws Exception {
        crash(IMAGES_IN_EVERY_BUILD);
    }

    @Test
    @Tag("slow")
    void norInAMillionImages() throws Exception {
        crash(IMAGES_IN_THE_SLOW_PROFILE);
    }

    private static void crash(long wanted) throws Exception {
        long images = 0;
        long crashes = 0;
        long seed = FIRST_SEED;
        long start = System.nanoTime();
        for (; images < wanted; seed++) {
            CrashHarness harness = new CrashHarness(seed, UnaryOperator.identity());
            harness.run();
            images += harness.images();
            crashes += harness.crashes();
            assertThat(harness.violations())
                    .as("repeat with -Dwalnut.seed=" + seed)
                    .isEmpty();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "crash images recovered: %d, after %d crashes of %d scenarios, %.1f s, %.0f/s%n",
                images, crashes, seed - FIRST_SEED, seconds, images / seconds);
        assertThat(images).isGreaterThanOrEqualTo(wanted);
    }

    @Test
    void theHarnessFindsALogThatDoesNotSyncItsFiles() throws Exception {
        assertFound(storage -> new BrokenStorage(storage, false, true));
    }

    @Test
    void theHarnessFindsALogThatDoesNotSyncItsDirectory() throws Exception {
        assertFound(storage -> new BrokenStorage(storage, true, false));
    }

    private static void assertFound(UnaryOperator<Storage> wrapper) throws Exception {
        CrashHarness harness = new CrashHarness(FIRST_SEED, wrapper);
        harness.run();
        assertThat(harness.violations()).isNotEmpty();
    }
}
