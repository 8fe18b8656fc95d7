package io.walnut.deploy;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition, with a deadline, not for a time. */
final class Await {
    private static final long INTERVAL_NANOS = 500_000_000;

    private Await() {}

    /** Fails when the condition does not come true within the time. */
    static void until(String what, Duration limit, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            LockSupport.parkNanos(INTERVAL_NANOS);
        }
    }
}
