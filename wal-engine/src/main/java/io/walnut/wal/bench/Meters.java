package io.walnut.wal.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Runs the same operation in several threads over a warm-up and a measured time, and adds up what they measured. */
final class Meters {
    private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final int warmUpSeconds;
    private final int seconds;

    Meters(int warmUpSeconds, int seconds) {
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
    }

    /** What one thread does again and again. */
    interface Operation {
        void run() throws IOException;
    }

    /** Makes the operation of a thread, numbered from 0. */
    interface Operations {
        Operation of(int thread) throws IOException;
    }

    /** All threads together. */
    record Measured(long operations, double perSecond, Histogram latencies, double allocatedBytesPerOperation) {}

    private static final class Worker {
        private final Histogram latencies = new Histogram(HIGHEST_NANOS, 3);
        private double perSecond;
        private long operations;
        private @Nullable Throwable failure;
    }

    /**
     * @param paceNanos begins an operation this long after the one before it, busily waiting; 0 for at once
     */
    Measured run(int threads, boolean virtual, long paceNanos, Operations operations) throws IOException {
        long from = System.nanoTime() + TimeUnit.SECONDS.toNanos(warmUpSeconds);
        long until = from + TimeUnit.SECONDS.toNanos(seconds);
        var workers = new ArrayList<Worker>();
        var running = new ArrayList<Thread>();
        for (int i = 0; i < threads; i++) {
            Worker worker = new Worker();
            Operation operation = operations.of(i);
            workers.add(worker);
            Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform();
            running.add(builder.name("wal-bench-" + i).start(() -> {
                try {
                    measure(worker, operation, paceNanos, from, until);
                } catch (IOException | RuntimeException | Error e) {
                    worker.failure = e;
                }
            }));
        }
        long allocatedBefore = 0;
        long allocated;
        try {
            TimeUnit.NANOSECONDS.sleep(from - System.nanoTime());
            allocatedBefore = allocatedBytes();
            TimeUnit.NANOSECONDS.sleep(until - System.nanoTime());
            allocated = allocatedBytes() - allocatedBefore;
            for (Thread thread : running) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while measuring", e);
        }
        return sum(workers, allocated);
    }

    private static Measured sum(List<Worker> workers, long allocated) throws IOException {
        Histogram all = new Histogram(HIGHEST_NANOS, 3);
        double perSecond = 0;
        long count = 0;
        for (Worker worker : workers) {
            Throwable failure = worker.failure;
            if (failure != null) {
                throw new IOException("the workload failed: " + failure, failure);
            }
            all.add(worker.latencies);
            perSecond += worker.perSecond;
            count += worker.operations;
        }
        return new Measured(count, perSecond, all, (double) allocated / Math.max(1, count));
    }

    private static void measure(Worker worker, Operation operation, long paceNanos, long from, long until)
            throws IOException {
        long start = System.nanoTime();
        while (start - from < 0) {
            operation.run();
            start = pace(start, paceNanos);
        }
        long first = start;
        long count = 0;
        long end;
        do {
            operation.run();
            end = System.nanoTime();
            worker.latencies.recordValue(Math.min(HIGHEST_NANOS, end - start));
            count++;
            start = paceNanos == 0 ? end : pace(start, paceNanos);
        } while (end - until < 0);
        worker.operations = count;
        worker.perSecond = count * 1e9 / (end - first);
    }

    private static long pace(long start, long paceNanos) {
        long now = System.nanoTime();
        while (now - start < paceNanos) {
            Thread.onSpinWait();
            now = System.nanoTime();
        }
        return now;
    }

    private static long allocatedBytes() {
        return ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
                ? threads.getTotalThreadAllocatedBytes()
                : 0;
    }
}
