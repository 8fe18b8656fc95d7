package io.walnut.wal.bench;

import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.bench.RowResult.Interval;
import io.walnut.wal.bench.RowResult.Round;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Opens a log that a process left behind when it ended in the middle, its last segment nearly full, each write synced: past the
 * page cache where the file system can. Again and again: between, the log is written on, by such a process.
 *
 * @param gib size of the log
 * @param verification what of it is read
 */
record OpenRow(String id, String workload, int gib, WalOptions.Verification verification, int opens, Against against)
        implements Row {
    private static final long ROOM = 2; // times the log
    private static final int DIGITS = 3;

    @Override
    public void run(Bench bench, Report report) throws IOException {
        long bytes = (long) gib << 30;
        if (gib > 1 && !bench.plan().large() && bench.usableBytes() < (ROOM + 1) * bytes) {
            bench.note(
                    "%s '%s' is left out: %,d MB are free, and it is asked of disks with %,d; --large has it all the same"
                            .formatted(id, workload, bench.usableBytes() / 1_000_000, (ROOM + 1) * bytes / 1_000_000));
            return;
        }
        for (WalSubject ours : bench.ours()) {
            run(bench, ours, bytes, report);
        }
    }

    private void run(Bench bench, WalSubject ours, long bytes, Report report) throws IOException {
        Path directory = bench.newLogDirectory();
        WalOptions options = FilledLog.options(ours.options()).withVerification(verification);
        Histogram latencies = new Histogram(TimeUnit.HOURS.toNanos(1), DIGITS);
        List<Round> rounds = new ArrayList<>();
        List<Interval> overTime = new ArrayList<>();
        long sizes = 0;
        for (int i = 0; i < opens && !bench.isStopped(); i++) {
            UnclosedLog.grow(bench, directory, bytes);
            RowResult.Reference to = bench.reference(against);
            long start = System.nanoTime();
            try (Wal log = Wal.open(directory, options)) {
                long nanos = System.nanoTime() - start;
                check(log);
                latencies.recordValue(nanos);
                overTime.add(new Interval(i + 1, nanos / 1e3, nanos / 1e3, nanos / 1e3)); // one opening after the other
                rounds.add(new Round(1e9 / nanos, to));
                sizes += log.stats().bytesOnDisk();
            }
        }
        if (!rounds.isEmpty()) {
            double perSecond =
                    Trial.median(rounds.stream().map(Round::opsPerSecond).toList());
            report.measured(new RowResult(
                    id,
                    workload,
                    ours.name(),
                    perSecond,
                    perSecond * sizes / rounds.size(),
                    latencies,
                    overTime,
                    Double.NaN,
                    rounds,
                    RowResult.median(rounds)));
        }
    }

    private static void check(Wal log) throws IOException {
        if (log.recoveryReport().clean()) {
            throw new IOException("the log was closed in order: this is no crash");
        }
        long last = log.endLsn() - 1;
        if (log.read(last).tag() != last) {
            throw new IOException("the last record, LSN " + last + ", is not the one that was appended");
        }
    }
}
