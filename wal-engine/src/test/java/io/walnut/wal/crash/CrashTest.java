package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.QuietLog;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Repeat one seed with {@code -Dwalnut.seed=N}; the slow test takes {@code -Dwalnut.images=N}. */
@ExtendWith(QuietLog.class)
class CrashTest {
    private static final long FIRST_SEED = Long.getLong("walnut.seed", 1);
    private static final long IMAGES_IN_EVERY_BUILD = 20_000;
    private static final int SEEDS_TO_FIND_A_BUG = 10;
    private static final long IMAGES_IN_THE_SLOW_PROFILE = Long.getLong("walnut.images", 1_000_000);

    @Test
    void nothingAcknowledgedIsLostAndNothingIsInventedWhereverItCrashes() throws Exception {
        crash(IMAGES_IN_EVERY_BUILD);
    }

    @Test
    void norWithSeveralWritesUnderWayThatComeToTheDiskInAnyOrder() throws Exception {
        crashInFlight(IMAGES_IN_EVERY_BUILD / 2);
    }

    @Test
    @Tag("slow")
    void norInAMillionImages() throws Exception {
        crash(IMAGES_IN_THE_SLOW_PROFILE / 2);
        crashInFlight(IMAGES_IN_THE_SLOW_PROFILE / 2);
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
        report("crashes of " + (seed - FIRST_SEED) + " scenarios", crashes, images, start);
    }

    private static void crashInFlight(long wanted) throws Exception {
        RecoveryCheck check = new RecoveryCheck(UnaryOperator.identity());
        long moments = 0;
        long severalInFlight = 0;
        long seed = FIRST_SEED;
        long start = System.nanoTime();
        for (; check.images() < wanted; seed++) {
            InFlightScenario scenario = new InFlightScenario(seed);
            Random random = new Random(seed);
            for (InFlightScenario.Moment moment : scenario.run()) {
                moments++;
                severalInFlight += moment.inFlight() > 1 ? 1 : 0;
                for (Map<String, byte[]> image : moment.images()) {
                    check.check(
                            image,
                            moment.allowed(),
                            "seed " + seed + ", " + moment.inFlight() + " in flight, " + moment.what(),
                            scenario.trace(),
                            random);
                }
            }
            assertThat(check.violations())
                    .as("repeat with -Dwalnut.seed=" + seed)
                    .isEmpty();
        }
        report(
                "moments (" + severalInFlight + " with several writes in flight) of " + (seed - FIRST_SEED)
                        + " scenarios",
                moments,
                check.images(),
                start);
        assertThat(severalInFlight).isPositive();
    }

    private static void report(String what, long count, long images, long start) {
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "crash images recovered: %d, after %d %s, %.1f s, %.0f/s%n",
                images, count, what, seconds, images / seconds);
    }

    @ParameterizedTest
    @EnumSource
    void theHarnessFindsAPlantedBug(BrokenStorage.Bug bug) throws Exception {
        int violations = 0;
        for (long seed = FIRST_SEED; violations == 0 && seed < FIRST_SEED + SEEDS_TO_FIND_A_BUG; seed++) {
            CrashHarness harness = new CrashHarness(seed, storage -> new BrokenStorage(storage, bug));
            harness.run();
            violations = harness.violations().size();
        }
        assertThat(violations).isPositive();
    }
}
