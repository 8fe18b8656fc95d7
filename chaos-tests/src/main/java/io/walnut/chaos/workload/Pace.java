package io.walnut.chaos.workload;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How fast clients step: each with a pause after a step, or all together so many times a second, evenly. What a cluster cannot
 * take in time is not made up for later.
 *
 * @param perSecond steps of all clients; 0 for as many as they come to with the pause
 */
public record Pace(Duration pause, double perSecond) {
    public Pace {
        if (pause.isNegative() || !(perSecond >= 0) || Double.isInfinite(perSecond)) {
            throw new IllegalArgumentException("a pace of " + perSecond + " a second, pause " + pause);
        }
    }

    /** A pause after each step. */
    public static Pace pausing(Duration pause) {
        return new Pace(pause, 0);
    }

    /** So many steps a second, of all clients together. */
    public static Pace of(double perSecond) {
        return new Pace(Duration.ZERO, perSecond);
    }

    /** When one client steps. For one thread. */
    final class Beat {
        private final long interval;
        private long due;

        private Beat(int client, int clients, long now) {
            interval = (long) (TimeUnit.SECONDS.toNanos(1) * clients / perSecond);
            due = now + interval / clients * client;
        }

        /** Nanoseconds from now to the next step. */
        long next(long now) {
            if (perSecond == 0) {
                return pause.toNanos();
            }
            long at = Math.max(due, now);
            due = at + interval;
            return at - now;
        }
    }

    /** That of one of so many clients. */
    Beat beat(int client, int clients, long now) {
        return new Beat(client, clients, now);
    }
}
