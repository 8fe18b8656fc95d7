package io.walnut.client;

import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next attempt: doubling, bounded, jittered over the upper half so that clients spread. */
final class Backoff {
    private static final long FIRST_MS = 10;
    private static final long MAX_MS = 400;

    private Backoff() {}

    /** @param attempt 0 for the wait after the first failure */
    static long millis(int attempt) {
        long bound = Math.min(MAX_MS, FIRST_MS << Math.min(attempt, 10));
        return bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2 + 1);
    }
}
