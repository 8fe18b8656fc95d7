package io.walnut.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition, with a deadline, not for a time. */
public final class Await {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long INTERVAL_NANOS = 20_000_000;

    private Await() {}

    /** Fails when the condition does not come true within the time. */
    public static void until(String what, Duration limit, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            LockSupport.parkNanos(INTERVAL_NANOS);
        }
    }

    /** As {@link #until(String, Duration, Callable)}, with a minute of time. */
    public static void until(String what, Callable<Boolean> condition) throws Exception {
        until(what, LIMIT, condition);
    }

    /** What is looked for, as soon as it is there. */
    public static <T> T present(String what, Duration limit, Callable<Optional<T>> look) throws Exception {
        var found = new ArrayList<T>();
        until(what, limit, () -> {
            look.call().ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.getFirst();
    }
}
