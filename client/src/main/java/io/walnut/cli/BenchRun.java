package io.walnut.cli;

import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Runs a workload with several clients, each with its own connections and thread, over a warm-up and a measured time. */
final class BenchRun {
    private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** What one client does until the time is over. */
    interface Workload {
        void run(Walnut client, Meter meter);
    }

    private final int clients;
    private final int warmUpSeconds;
    private final int seconds;
    private final Supplier<Walnut> connect;

    BenchRun(int clients, int warmUpSeconds, int seconds, Supplier<Walnut> connect) {
        this.clients = clients;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
        this.connect = connect;
    }

    /** One client's figures; an operation counts when it ends within the measured time. */
    static final class Meter {
        private final long fromNanos;
        private final long untilNanos;
        private final Histogram latencies = new Histogram(HIGHEST_NANOS, 3);
        private final AtomicLong errors = new AtomicLong();
        private volatile @Nullable RuntimeException failure;
        private long bytes;

        Meter(long fromNanos, long untilNanos) {
            this.fromNanos = fromNanos;
            this.untilNanos = untilNanos;
        }

        boolean isOver() {
            return System.nanoTime() - untilNanos >= 0;
        }

        synchronized void done(long startNanos, long endNanos, long operationBytes) {
            if (endNanos - fromNanos >= 0 && endNanos - untilNanos < 0) {
                latencies.recordValue(Math.min(HIGHEST_NANOS, Math.max(0, endNanos - startNanos)));
                bytes += operationBytes;
            }
        }

        void failed(RuntimeException cause) {
            errors.incrementAndGet();
            failure = cause;
        }
    }

    /** Throws what a client met when no operation of any has ended well. */
    BenchResult measure(Workload workload) {
        long from = System.nanoTime() + TimeUnit.SECONDS.toNanos(warmUpSeconds);
        long until = from + TimeUnit.SECONDS.toNanos(seconds);
        List<Meter> meters = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Meter meter = new Meter(from, until);
            meters.add(meter);
            Thread thread = new Thread(() -> runOne(workload, meter), "walnut-bench-" + i);
            threads.add(thread);
            thread.start();
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Histogram all = new Histogram(HIGHEST_NANOS, 3);
        long bytes = 0;
        long errors = 0;
        RuntimeException failure = null;
        for (Meter meter : meters) {
            synchronized (meter) {
                all.add(meter.latencies);
                bytes += meter.bytes;
            }
            errors += meter.errors.get();
            failure = failure == null ? meter.failure : failure;
        }
        if (failure != null && all.getTotalCount() == 0) {
            throw failure;
        }
        return new BenchResult(all, bytes, errors, seconds, failure);
    }

    private void runOne(Workload workload, Meter meter) {
        try (Walnut client = connect.get()) {
            while (!meter.isOver()) {
                try {
                    workload.run(client, meter);
                } catch (WalnutException e) {
                    // Counted, and the workload goes on: the client has already waited for its deadline.
                    meter.failed(e);
                }
            }
        } catch (RuntimeException e) {
            // Ends this client; the others are measured on.
            meter.failed(e);
        }
    }
}
