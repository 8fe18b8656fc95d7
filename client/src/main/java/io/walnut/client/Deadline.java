package io.walnut.client;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** One point in time that bounds everything a call does. */
record Deadline(long atNanos, Duration of) {
    static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos(), duration);
    }

    long remainingNanos() {
        return atNanos - System.nanoTime();
    }

    boolean passed() {
        return remainingNanos() <= 0;
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
