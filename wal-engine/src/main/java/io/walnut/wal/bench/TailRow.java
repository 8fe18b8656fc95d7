package io.walnut.wal.bench;

import io.walnut.wal.Batch;
import io.walnut.wal.TailCursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.bench.RowResult.Interval;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * One thread appends, each append durable, and others follow the end of the log. Times are from the beginning of an append to when
 * a follower has its first record; operations are records appended.
 */
record TailRow(String id, String workload, int followers, int recordBytes, int batch) implements Row {
    private static final int DIGITS = 3;
    private static final Duration PATIENCE = Duration.ofMillis(20);

    @Override
    public void run(Bench bench, Report report) throws IOException {
        for (WalSubject ours : bench.ours()) {
            try (Wal log = Wal.open(bench.newLogDirectory(), ours.options());
                    ExecutorService threads = Executors.newThreadPerTaskExecutor(
                            Thread.ofPlatform().name("wal-bench-tail-", 0).factory())) {
                measure(bench, ours.name(), log, threads, report);
            }
        }
    }

    private void measure(Bench bench, String backend, Wal log, ExecutorService threads, Report report)
            throws IOException {
        long from = System.nanoTime() + bench.warmUpNanos();
        long until = from + bench.plan().measured().toNanos();
        CountDownLatch appendedAll = new CountDownLatch(1);
        List<Future<Histogram>> following = new ArrayList<>();
        for (int i = 0; i < followers; i++) {
            following.add(threads.submit(follow(bench, log, from, appendedAll)));
        }
        double perSecond;
        try {
            perSecond = append(bench, log, from, until);
        } finally {
            appendedAll.countDown();
        }
        Histogram latencies = new Histogram(TimeUnit.MINUTES.toNanos(1), DIGITS);
        for (Future<Histogram> one : following) {
            latencies.add(result(one));
        }
        if (latencies.getTotalCount() > 0) { // else it was stopped
            List<Interval> overTime = List.of();
            report.measured(new RowResult(
                    id,
                    workload,
                    backend,
                    perSecond,
                    perSecond * recordBytes,
                    latencies,
                    overTime,
                    Double.NaN,
                    List.of(),
                    null));
        }
    }

    /** Records a second of the time that is measured. */
    private double append(Bench bench, Wal log, long from, long until) throws IOException {
        ByteBuffer record = ByteBuffer.allocateDirect(recordBytes);
        Batch appended = new Batch();
        long measured = 0;
        long first = 0;
        long end = System.nanoTime();
        // One at least, of a log that was slow to begin.
        while ((end - until < 0 || measured == 0) && !bench.isStopped()) {
            record.putLong(0, end);
            appended.clear();
            for (int i = 0; i < batch; i++) {
                appended.add(i, record);
            }
            if (end - from >= 0 && measured++ == 0) {
                first = end;
            }
            log.append(appended);
            end = System.nanoTime();
        }
        return measured * batch * 1e9 / (end - first);
    }

    private Callable<Histogram> follow(Bench bench, Wal log, long from, CountDownLatch appendedAll)
            throws WalException {
        TailCursor cursor = log.tail(log.endLsn());
        return () -> {
            Histogram latencies = new Histogram(TimeUnit.MINUTES.toNanos(1), DIGITS);
            try (cursor) {
                while (!bench.isStopped()) {
                    boolean last = appendedAll.getCount() == 0;
                    if (!cursor.next(PATIENCE)) {
                        if (last) {
                            break;
                        }
                    } else if (cursor.lsn() % batch == 0) {
                        long appended = cursor.payload().getLong(); // from its position on
                        if (appended - from >= 0) {
                            latencies.recordValue(System.nanoTime() - appended);
                        }
                    }
                }
            }
            return latencies;
        };
    }

    private static Histogram result(Future<Histogram> following) throws IOException {
        try {
            return following.get();
        } catch (ExecutionException e) {
            throw new IOException("a follower failed: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while measuring", e);
        }
    }
}
