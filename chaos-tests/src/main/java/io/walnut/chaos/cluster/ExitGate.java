package io.walnut.chaos.cluster;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** When the process is told to end, a run that ends in order goes before those who clear up after one that cannot. */
public final class ExitGate {
    /** So long a run may take for it. */
    public static final Duration GRACE = Duration.ofMinutes(2);

    private static final ReentrantReadWriteLock GATE = new ReentrantReadWriteLock();

    private ExitGate() {}

    /** A run begins, on this thread. */
    public static void enter() {
        GATE.readLock().lock();
    }

    /** It is over, and all of it written down. */
    public static void leave() {
        GATE.readLock().unlock();
    }

    /** Returns when no run is under way, or the time for it is over. */
    static void await() {
        try {
            if (GATE.writeLock().tryLock(GRACE.toNanos(), TimeUnit.NANOSECONDS)) {
                GATE.writeLock().unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
