package io.walnut.client;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** One point in time that bounds everything a call does. */
record Deadline(long atNanos, Duration of) {
    private static final long LAST_ATTEMPT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos(), duration);
    }

    long remainingNanos() {
        return atNanos - System.nanoTime();
    }

    boolean passed() {
        return remainingNanos() <= 0;
    }

    /**
     * Whether another attempt after such a pause may still be answered in time. One that is not would make unknown what the
     * refusals before it say for certain, and hide their reason.
     */
    boolean leavesAnAttemptAfter(long millis) {
        return remainingNanos() - TimeUnit.MILLISECONDS.toNanos(millis)
                >= Math.min(LAST_ATTEMPT_NANOS, of.toNanos() / 10);
    }

    /** Sleeps, but not past the deadline. False when interrupted; the flag is then set. */
    boolean sleep(long millis) {
        try {
            TimeUnit.NANOSECONDS.sleep(Math.max(0, Math.min(TimeUnit.MILLISECONDS.toNanos(millis), remainingNanos())));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
