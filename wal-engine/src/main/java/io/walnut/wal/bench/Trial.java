package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Interval;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The same operation in several threads, measured in rounds, between which something else may be measured. For one thread.
 *
 * <p>Each worker records into a histogram of its own and hands that over a few dozen times: the clock is read once an
 * operation, and nothing is shared meanwhile.
 */
final class Trial {
    private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;
    private static final int INTERVALS_PER_ROUND = 20;

    private final int threads;
    private final boolean virtual;
    private final long paceNanos;
    private final Operations operations;
    private final CountDownLatch stopped;
    private final Histogram all = new Histogram(HIGHEST_NANOS, DIGITS);
    private final List<Interval> overTime = new ArrayList<>();
    private final List<Double> roundsPerSecond = new ArrayList<>();
    private double measuredSeconds;
    private long count;
    private long allocated;

    /**
     * @param paceNanos begins an operation this long after the one before it, busily waiting; 0 for at once
     * @param stopped ends a round early
     */
    Trial(int threads, boolean virtual, long paceNanos, CountDownLatch stopped, Operations operations) {
        this.threads = threads;
        this.virtual = virtual;
        this.paceNanos = paceNanos;
        this.operations = operations;
        this.stopped = stopped;
    }

    /** What one thread does again and again. */
    interface Operation {
        void run() throws IOException;
    }

    /** Makes the operation of a thread, numbered from 0. */
    interface Operations {
        Operation of(int thread) throws IOException;
    }

    /** All threads and rounds together. */
    record Measured(
            double perSecond, Histogram latencies, List<Interval> overTime, double allocatedBytesPerOperation) {}

    /** False when the run was stopped before anything was measured. */
    boolean hasMeasured() {
        return count > 0;
    }

    Measured measured() {
        return new Measured(median(roundsPerSecond), all, overTime, (double) allocated / Math.max(1, count));
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /**
     * Runs for {@code leadInNanos}, and for {@code nanos} more, which are measured.
     *
     * @return operations a second, all threads together; NaN when the run was stopped before there was one
     */
    double round(long leadInNanos, long nanos) throws IOException {
        long from = System.nanoTime() + leadInNanos;
        Round round = new Round(from, nanos);
        var made = new ArrayList<Operation>();
        for (int i = 0; i < threads; i++) {
            made.add(operations.of(i));
        }
        var running = new ArrayList<Thread>();
        for (Operation operation : made) {
            Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform();
            running.add(builder.name("wal-bench-" + running.size()).start(() -> round.work(operation)));
        }
        try {
            boolean _ = stopped.await(from - System.nanoTime(), TimeUnit.NANOSECONDS);
            long before = allocatedBytes();
            boolean _ = stopped.await(round.until - System.nanoTime(), TimeUnit.NANOSECONDS);
            long taken = allocatedBytes() - before;
            for (Thread thread : running) {
                thread.join();
            }
            return add(round, taken);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while measuring", e);
        }
    }

    private double add(Round round, long taken) throws IOException {
        Throwable failure = round.failure;
        if (failure instanceof IOException io) {
            throw io;
        }
        if (failure != null) {
            throw new IOException("the workload failed: " + failure, failure);
        }
        double seconds = measuredSeconds;
        for (Histogram interval : round.intervals) {
            seconds += round.intervalNanos / 1e9;
            if (interval.getTotalCount() > 0) {
                all.add(interval);
                count += interval.getTotalCount();
                overTime.add(new Interval(
                        seconds,
                        interval.getValueAtPercentile(50) / 1e3,
                        interval.getValueAtPercentile(99) / 1e3,
                        interval.getMaxValue() / 1e3));
            }
        }
        measuredSeconds = seconds;
        allocated += taken;
        if (round.perSecond == 0) {
            return Double.NaN;
        }
        roundsPerSecond.add(round.perSecond);
        return round.perSecond;
    }

    private static long allocatedBytes() {
        return ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean beans
                ? beans.getTotalThreadAllocatedBytes()
                : 0;
    }

    /** What the workers of one round share. */
    private final class Round {
        private final long from;
        private final long until;
        private final long intervalNanos;
        private final Histogram[] intervals = new Histogram[INTERVALS_PER_ROUND];
        private double perSecond; // guarded by this, like the intervals and the failure
        private @Nullable Throwable failure;

        Round(long from, long nanos) {
            this.from = from;
            this.until = from + nanos;
            this.intervalNanos = Math.max(1, nanos / INTERVALS_PER_ROUND);
            for (int i = 0; i < INTERVALS_PER_ROUND; i++) {
                intervals[i] = new Histogram(HIGHEST_NANOS, DIGITS);
            }
        }

        void work(Operation operation) {
            try {
                measure(operation);
            } catch (IOException | RuntimeException | Error e) {
                synchronized (this) {
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
        }

        private void measure(Operation operation) throws IOException {
            long start = System.nanoTime();
            while (start - from < 0 && running()) {
                operation.run();
                start = pace(start);
            }
            Histogram own = new Histogram(HIGHEST_NANOS, DIGITS);
            long first = start;
            long end = start;
            long done = 0;
            int interval = 0;
            long intervalEnd = from + intervalNanos;
            // One at least, of a thread that came late or whose operation takes longer than the round.
            while ((end - until < 0 || (done == 0 && until != from)) && running()) {
                operation.run();
                end = System.nanoTime();
                long next = end;
                if (end - intervalEnd >= 0) {
                    handOver(own, interval);
                    interval = Math.min(INTERVALS_PER_ROUND - 1, (int) ((end - from) / intervalNanos));
                    intervalEnd = from + (interval + 1) * intervalNanos;
                    next = System.nanoTime();
                }
                own.recordValue(Math.min(HIGHEST_NANOS, end - start));
                done++;
                start = paceNanos == 0 ? next : pace(start);
            }
            handOver(own, interval);
            if (done > 0) {
                synchronized (this) {
                    perSecond += done * 1e9 / (end - first);
                }
            }
        }

        private boolean running() {
            return stopped.getCount() != 0;
        }

        private synchronized void handOver(Histogram own, int interval) {
            intervals[interval].add(own);
            own.reset();
        }

        private long pace(long start) {
            long now = System.nanoTime();
            while (now - start < paceNanos) {
                Thread.onSpinWait();
                now = System.nanoTime();
            }
            return now;
        }
    }
}
