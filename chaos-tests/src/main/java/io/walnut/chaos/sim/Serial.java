package io.walnut.chaos.sim;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Runs one task at a time, in the order in which they were given, in the thread of whoever came first. */
final class Serial {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    /** Returns at once when another thread is at it, which then runs this one, too. */
    void run(Runnable task) {
        synchronized (waiting) {
            waiting.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        for (Runnable next = take(); next != null; next = take()) {
            next.run();
        }
    }

    private @Nullable Runnable take() {
        synchronized (waiting) {
            running = !waiting.isEmpty();
            return waiting.poll();
        }
    }
}
