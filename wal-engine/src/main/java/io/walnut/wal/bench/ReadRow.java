package io.walnut.wal.bench;

import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.bench.RowResult.Round;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One thread reads sealed segments that the page cache holds, and verifies what it reads.
 *
 * @param batch records of a frame
 * @param records of an operation: 1 at random, or so many in sequence
 */
record ReadRow(String id, String workload, int recordBytes, int batch, int records, Against against) implements Row {
    private static final long LOG_BYTES = 512L << 20;

    @Override
    public void run(Bench bench, Report report) throws IOException {
        for (WalSubject ours : bench.ours()) {
            try (Wal log = Wal.open(bench.newLogDirectory(), FilledLog.options(ours.options()))) {
                FilledLog.fill(log, LOG_BYTES, recordBytes, batch);
                log.roll();
                measure(bench, ours.name(), log, report);
            }
        }
    }

    private void measure(Bench bench, String backend, Wal log, Report report) throws IOException {
        Trial trial = new Trial(
                1,
                false,
                0,
                bench.stopped(),
                thread -> records == 1 ? new Random(log) : new Scan(log, records, recordBytes));
        trial.round(bench.warmUpNanos(), 0);
        List<Round> rounds = new ArrayList<>();
        for (int i = 0; i < Bench.ROUNDS && !bench.isStopped(); i++) {
            RowResult.Reference to = bench.reference(against);
            double perSecond = trial.round(bench.leadInNanos(), bench.roundNanos());
            if (!Double.isNaN(perSecond)) {
                rounds.add(new Round(perSecond * records, to));
            }
        }
        if (trial.hasMeasured()) {
            report.measured(
                    RowResult.of(this, backend, trial.measured(), records, (double) records * recordBytes, rounds));
        }
    }

    private static void check(long tag, long lsn) throws IOException {
        if (tag != lsn) {
            throw new IOException("found the record of LSN " + tag + ", expected that of LSN " + lsn);
        }
    }

    private static final class Random implements Trial.Operation {
        private final Wal log;
        private final long startLsn;
        private final long endLsn;
        private final SplittableRandom random = new SplittableRandom(8);

        Random(Wal log) {
            this.log = log;
            this.startLsn = log.startLsn();
            this.endLsn = log.endLsn();
        }

        @Override
        public void run() throws IOException {
            long lsn = random.nextLong(startLsn, endLsn);
            check(log.read(lsn).tag(), lsn);
        }
    }

    /** Round and round. */
    private static final class Scan implements Trial.Operation {
        private final Wal log;
        private final int records;
        private final int recordBytes;
        private Cursor cursor;
        private long bytes; // so that each payload is looked at

        Scan(Wal log, int records, int recordBytes) throws IOException {
            this.log = log;
            this.records = records;
            this.recordBytes = recordBytes;
            this.cursor = log.cursor(log.startLsn());
        }

        @Override
        public void run() throws IOException {
            long before = bytes;
            for (int i = 0; i < records; i++) {
                while (!cursor.next()) {
                    cursor.close();
                    cursor = log.cursor(log.startLsn());
                }
                check(cursor.tag(), cursor.lsn());
                bytes += cursor.payload().remaining();
            }
            if (bytes - before != (long) records * recordBytes) {
                throw new IOException("read " + (bytes - before) + " bytes of " + records + " records");
            }
        }
    }
}
