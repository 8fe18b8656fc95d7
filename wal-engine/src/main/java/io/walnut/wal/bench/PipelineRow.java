package io.walnut.wal.bench;

import io.walnut.wal.Acknowledge;
import io.walnut.wal.Batch;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.WalStats;
import io.walnut.wal.bench.RowResult.Round;
import io.walnut.wal.io.Backend;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * One thread appends, with up to so many appends not yet durable, by each backend in turn. Latencies are those of the call, which
 * waits when as many are under way.
 *
 * @param batch records of an append
 * @param window appends under way at most
 */
record PipelineRow(String id, String workload, int recordBytes, int batch, int window, Against against) implements Row {
    private static final long KEPT_BYTES = 256L << 20;
    private static final int BETWEEN_LOOKS = 256;

    @Override
    public void run(Bench bench, Report report) throws IOException {
        for (WalSubject ours : bench.ours()) {
            for (Backend backend : List.of(Backend.PORTABLE, Backend.IO_URING)) {
                try (Wal log = Wal.open(
                        bench.newLogDirectory(),
                        ours.options().withDurability(Durability.sync()).withBackend(backend))) {
                    measure(bench, ours.name() + ", " + log.backend().backend(), log, report);
                } catch (IOException e) {
                    bench.failed(this, ours.name() + ", " + backend, e);
                }
            }
        }
    }

    private void measure(Bench bench, String name, Wal log, Report report) throws IOException {
        Trial trial = new Trial(1, false, 0, bench.stopped(), thread -> new Appender(log));
        trial.round(bench.warmUpNanos(), 0);
        List<Round> rounds = new ArrayList<>();
        for (int i = 0; i < Bench.ROUNDS && !bench.isStopped(); i++) {
            RowResult.Reference to = bench.reference(against);
            double perSecond = trial.round(bench.leadInNanos(), bench.roundNanos());
            if (!Double.isNaN(perSecond)) {
                rounds.add(new Round(perSecond * batch, to));
            }
        }
        if (trial.hasMeasured()) {
            report.measured(RowResult.of(this, name, trial.measured(), batch, (double) batch * recordBytes, rounds));
        }
    }

    private final class Appender implements Trial.Operation {
        private final Wal log;
        private final Batch records = new Batch();
        private final Semaphore free = new Semaphore(window);
        private int calls;

        Appender(Wal log) {
            this.log = log;
            ByteBuffer record = ByteBuffer.allocateDirect(recordBytes);
            for (int i = 0; i < batch; i++) {
                records.add(i, record);
            }
        }

        @Override
        public void run() throws IOException {
            free.acquireUninterruptibly();
            CompletableFuture<Long> _ =
                    log.appendAsync(records, Acknowledge.DURABLE).whenComplete((lsn, failure) -> free.release());
            if (++calls % BETWEEN_LOOKS == 0) {
                WalStats stats = log.stats();
                if (stats.bytesOnDisk() > KEPT_BYTES) {
                    log.trimBefore(stats.startLsn() + (stats.durableLsn() - stats.startLsn()) / 2);
                }
            }
        }
    }
}
