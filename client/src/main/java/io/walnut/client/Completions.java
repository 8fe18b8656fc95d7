package io.walnut.client;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What is to be told to callers: in order, one thread at a time, and never with the lock held. */
final class Completions {
    private final ReentrantLock lock;
    private final Condition changed;

    // Guarded by the lock.
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private boolean running;

    /** {@code changed} is a condition of the lock, signalled after each one that has run. */
    Completions(ReentrantLock lock, Condition changed) {
        this.lock = lock;
        this.changed = changed;
    }

    /** To be called with the lock; {@link #run} must follow without it. */
    void add(Runnable completion) {
        queue.add(completion);
    }

    /** Whether all have run. To be called with the lock. */
    boolean isIdle() {
        return !running && queue.isEmpty();
    }

    /** Runs what has been added, unless another thread is at it. To be called without the lock. */
    void run() {
        while (true) {
            Runnable next;
            lock.lock();
            try {
                if (running || queue.isEmpty()) {
                    return;
                }
                running = true;
                next = queue.remove();
            } finally {
                lock.unlock();
            }
            try {
                next.run();
            } finally {
                lock.lock();
                try {
                    running = false;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }
}
