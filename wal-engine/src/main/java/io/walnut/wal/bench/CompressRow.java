package io.walnut.wal.bench;

import io.walnut.wal.Batch;
import io.walnut.wal.Compression;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Round;
import io.walnut.wal.bench.RowResult.Unit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One thread appends batches without waiting, to a log that compresses and, before it in each round, to one that does not, which is
 * the reference.
 *
 * @param text whether records are lines of JSON, which get smaller, or random, which do not
 */
record CompressRow(String id, String workload, Compression compression, boolean text) implements Row {
    private static final int RECORDS = 100;
    private static final int RECORD_BYTES = 1024;
    private static final int DIFFERENT_BATCHES = 64;
    private static final long KEPT_RECORDS = (256L << 20) / RECORD_BYTES;

    @Override
    public void run(Bench bench, Report report) throws IOException {
        for (WalSubject ours : bench.ours()) {
            var options = ours.options().withDurability(Durability.os());
            try (Wal plain = Wal.open(bench.newLogDirectory(), options);
                    Wal compressed = Wal.open(bench.newLogDirectory(), options.withCompression(compression))) {
                measure(bench, ours.name(), plain, compressed, report);
            }
        }
    }

    private void measure(Bench bench, String backend, Wal plain, Wal compressed, Report report) throws IOException {
        List<Batch> batches = batches();
        Trial before = new Trial(1, false, 0, bench.stopped(), thread -> new Appender(plain, batches));
        Trial trial = new Trial(1, false, 0, bench.stopped(), thread -> new Appender(compressed, batches));
        before.round(bench.warmUpNanos(), 0);
        trial.round(bench.warmUpNanos(), 0);
        List<Round> rounds = new ArrayList<>();
        for (int i = 0; i < Bench.ROUNDS && !bench.isStopped(); i++) {
            double reference = before.round(bench.leadInNanos(), bench.roundNanos());
            double perSecond = trial.round(bench.leadInNanos(), bench.roundNanos());
            if (!Double.isNaN(reference) && !Double.isNaN(perSecond)) {
                rounds.add(new Round(
                        perSecond * RECORDS,
                        new Reference("the same without compression", reference * RECORDS, Unit.OPS_PER_SECOND)));
            }
        }
        if (trial.hasMeasured()) {
            Row told = new CompressRow(
                    id,
                    String.format(Locale.ROOT, "%s: %.1f times smaller", workload, smaller(compressed)),
                    compression,
                    text);
            report.measured(
                    RowResult.of(told, backend, trial.measured(), RECORDS, (double) RECORDS * RECORD_BYTES, rounds));
        }
    }

    /** Payload appended, in parts of what went to the disk, padding included. */
    private static double smaller(Wal log) {
        return (double) log.stats().recordsAppended()
                * RECORD_BYTES
                / log.stats().bytesWritten();
    }

    /** More than a codec looks back, so that none finds one batch in another. */
    private List<Batch> batches() {
        var random = new SplittableRandom(11);
        var batches = new ArrayList<Batch>();
        for (int i = 0; i < DIFFERENT_BATCHES; i++) {
            Batch batch = new Batch();
            for (int k = 0; k < RECORDS; k++) {
                byte[] bytes = new byte[RECORD_BYTES];
                if (text) {
                    fillWithText(bytes, random);
                } else {
                    random.nextBytes(bytes);
                }
                batch.add(k, ByteBuffer.allocateDirect(RECORD_BYTES).put(bytes).flip());
            }
            batches.add(batch);
        }
        return batches;
    }

    private static void fillWithText(byte[] bytes, SplittableRandom random) {
        var line = new StringBuilder();
        while (line.length() < bytes.length) {
            line.append(String.format(
                    Locale.ROOT,
                    "{\"order\":%d,\"customer\":\"c-%06d\",\"item\":\"sku-%04d\",\"quantity\":%d,\"price\":%.2f,\"state\":\"%s\"},",
                    random.nextLong(1L << 40),
                    random.nextInt(1_000_000),
                    random.nextInt(10_000),
                    random.nextInt(1, 20),
                    random.nextDouble(1, 500),
                    random.nextBoolean() ? "paid" : "waiting for payment"));
        }
        byte[] all = line.toString().getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(all, 0, bytes, 0, bytes.length);
    }

    private static final class Appender implements Trial.Operation {
        private final Wal log;
        private final List<Batch> batches;
        private int next;

        Appender(Wal log, List<Batch> batches) {
            this.log = log;
            this.batches = batches;
        }

        @Override
        public void run() throws IOException {
            long end = log.enqueue(batches.get(next++ % batches.size())) + RECORDS;
            if (end % KEPT_RECORDS < RECORDS && end > KEPT_RECORDS) {
                log.trimBefore(Math.min(end - KEPT_RECORDS / 2, log.durableLsn()));
            }
        }
    }
}
