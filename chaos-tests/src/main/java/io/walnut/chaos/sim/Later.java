package io.walnut.chaos.sim;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs what is late, each in a thread that may block. What is late still when it is closed never happens. */
final class Later implements AutoCloseable {
    private static final int MOST_THREADS = 256;

    private final ScheduledExecutorService clock = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("sim-net-clock").factory(), new ThreadPoolExecutor.DiscardPolicy());

    /** Where there is no thread left, the clock itself does it, and all else is later. */
    private final ExecutorService threads = new ThreadPoolExecutor(
            0,
            MOST_THREADS,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("sim-net-", 0).factory(),
            new ThreadPoolExecutor.CallerRunsPolicy());

    /** Runs it then; here and now when that is no time. */
    void run(Duration after, Runnable task) {
        if (after.isZero()) {
            task.run();
        } else {
            Future<?> _ = clock.schedule(() -> threads.execute(task), after.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        threads.shutdown();
    }
}
