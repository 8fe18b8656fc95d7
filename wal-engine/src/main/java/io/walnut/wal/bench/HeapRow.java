package io.walnut.wal.bench;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.LogIndex;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** What something takes of the heap once garbage is collected. That is the row's bytes an operation; nothing is timed. */
record HeapRow(String id, String workload, What what) implements Row {
    private static final int IDLE_LOGS = 200_000;
    private static final int NAME_BYTES =
            24 + 16 + 16; // a String and its bytes, 11 characters, as the heap rounds them
    private static final int ENGINES = 32;
    private static final int SEGMENT_BYTES = 1 << 20; // on the disk, not in the heap
    private static final int COLLECTIONS = 4;

    enum What {
        OPEN_ENGINE,
        IDLE_NAMED_LOG
    }

    @Override
    public void run(Bench bench, Report report) throws IOException {
        for (WalSubject ours : bench.ours()) {
            double bytes = switch (what) {
                case OPEN_ENGINE -> openEngine(bench, ours);
                case IDLE_NAMED_LOG -> idleNamedLog();
            };
            report.measured(new RowResult(
                    id,
                    workload,
                    ours.name(),
                    Double.NaN,
                    Double.NaN,
                    new Histogram(1),
                    List.of(),
                    bytes,
                    List.of(),
                    null));
        }
    }

    /** By what comes free at their end: whatever else comes free meanwhile makes it more, never less. */
    private static double openEngine(Bench bench, WalSubject ours) throws IOException {
        open(bench, ours).close(); // so that classes are loaded
        var engines = new ArrayList<Wal>();
        long open;
        try {
            for (int i = 0; i < ENGINES; i++) {
                engines.add(open(bench, ours));
            }
            open = usedBytes();
        } finally {
            for (Wal engine : engines) {
                engine.close();
            }
        }
        engines.clear();
        return (double) (open - usedBytes()) / ENGINES;
    }

    private static Wal open(Bench bench, WalSubject ours) throws IOException {
        WalOptions options = ours.options().withMaxBatchBytes(SEGMENT_BYTES / 2).withSegmentBytes(SEGMENT_BYTES);
        Wal log = Wal.open(bench.newLogDirectory(), options);
        try {
            log.append(Batch.of(0, ByteBuffer.allocate(1)));
            return log;
        } catch (IOException e) {
            log.close();
            throw e;
        }
    }

    private static double idleNamedLog() {
        long before = usedBytes();
        LogIndex index = new LogIndex();
        try {
            for (int i = 0; i < IDLE_LOGS; i++) {
                index.apply(i, new Command.Create(1000, "log-%07d".formatted(i)).encode());
            }
            return (double) (usedBytes() - before) / IDLE_LOGS - NAME_BYTES;
        } finally {
            Reference.reachabilityFence(index);
        }
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }
}
