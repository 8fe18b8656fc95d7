package io.walnut.wal.bench;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.bench.RowResult.Interval;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * One thread appends at a steady rate, each append durable; only those count that had to begin a segment. Segments are small, so
 * that there are enough of them.
 *
 * @param paceNanos from the beginning of an append to that of the next
 */
record RollRow(String id, String workload, long segmentBytes, int recordBytes, int batch, long paceNanos)
        implements Row {
    private static final int DIGITS = 3;

    @Override
    public void run(Bench bench, Report report) throws IOException {
        for (WalSubject ours : bench.ours()) {
            WalOptions options = ours.options().withSizes(segmentBytes, 1 << 20, 16 << 20);
            try (Wal log = Wal.open(bench.newLogDirectory(), options)) {
                measure(bench, ours.name(), log, report);
            }
        }
    }

    private void measure(Bench bench, String backend, Wal log, Report report) throws IOException {
        Histogram latencies = new Histogram(TimeUnit.MINUTES.toNanos(1), DIGITS);
        List<Interval> overTime = new ArrayList<>();
        ByteBuffer record = ByteBuffer.allocateDirect(recordBytes);
        Batch appended = new Batch();
        for (int i = 0; i < batch; i++) {
            appended.add(i, record);
        }
        long from = System.nanoTime() + bench.warmUpNanos();
        long until = from + bench.plan().measured().toNanos();
        long rolls = log.stats().rolls();
        long end = System.nanoTime();
        while (end - until < 0 && !bench.isStopped()) {
            long start = System.nanoTime();
            log.append(appended);
            end = System.nanoTime();
            long rolled = log.stats().rolls();
            if (rolled != rolls) {
                rolls = rolled;
                log.trimBefore(log.durableLsn() - batch); // as with retention: files of trimmed segments are used again
                if (start - from >= 0) {
                    double micros = (end - start) / 1e3;
                    latencies.recordValue(end - start);
                    overTime.add(new Interval((end - from) / 1e9, micros, micros, micros));
                }
            }
            while (System.nanoTime() - start < paceNanos) {
                Thread.onSpinWait();
            }
        }
        if (latencies.getTotalCount() > 0) {
            double perSecond = latencies.getTotalCount() * 1e9 / (end - from);
            report.measured(new RowResult(
                    id, workload, backend, perSecond, Double.NaN, latencies, overTime, Double.NaN, List.of(), null));
        }
    }
}
