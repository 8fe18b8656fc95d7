package io.walnut.client;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition, not for a time. */
public final class Await {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private Await() {}

    public static void until(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the condition did not come true within " + LIMIT);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
