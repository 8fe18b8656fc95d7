package io.walnut.client;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/** What is to be told to callers: in order, one thread at a time, and never with the lock held. */
final class Completions {
    private final ReentrantLock lock;

    // Guarded by the lock.
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private boolean running;

    /** Written under the lock. Whoever adds something sees its own word, and runs it or finds it run. */
    private volatile boolean empty = true;

    Completions(ReentrantLock lock) {
        this.lock = lock;
    }

    /** To be called with the lock; {@link #run} must follow without it. */
    void add(Runnable completion) {
        queue.add(completion);
        empty = false;
    }

    /** Runs what has been added, unless another thread is at it. To be called without the lock. */
    void run() {
        while (!empty) {
            Runnable next;
            lock.lock();
            try {
                if (running || queue.isEmpty()) {
                    return;
                }
                running = true;
                next = queue.remove();
                empty = queue.isEmpty();
            } finally {
                lock.unlock();
            }
            try {
                next.run();
            } finally {
                lock.lock();
                try {
                    running = false;
                } finally {
                    lock.unlock();
                }
            }
        }
    }
}
