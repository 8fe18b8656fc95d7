package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.client.LogInfo;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.time.Duration;

/** After the run, all faults healed: what each node has, from its start to its end. */
public final class FinalReads {
    private static final int PIECE = 10_000;
    private static final long ASK_EVERY_MS = 100;

    private final Walnut walnut;
    private final Recorder recorder;
    private final Duration patience;

    /**
     * Reads for this record of a run.
     *
     * @param patience how long a node may take to have what the cluster has
     */
    public FinalReads(Walnut walnut, Recorder recorder, Duration patience) {
        this.walnut = walnut;
        this.recorder = recorder;
        this.patience = patience;
    }

    /** One log of one node. What the node does not have after a while it has not: the checker will say so. */
    public void read(String log, Cluster.Node node) throws InterruptedException {
        LogInfo wanted = walnut.describe(log);
        long deadline = System.nanoTime() + patience.toNanos();
        LogInfo info = describe(log, node.endpoint(), deadline);
        while (isBehind(info, wanted) && System.nanoTime() - deadline < 0) {
            Thread.sleep(ASK_EVERY_MS);
            info = describe(log, node.endpoint(), deadline);
        }
        long from = info.startOffset();
        do {
            long invoked = recorder.now();
            Runs runs = new Runs();
            try (LogReader reader =
                    walnut.read(log, ReadOptions.from(from).max(PIECE).at(node.endpoint()))) {
                for (StoredRecord record = reader.next(); record != null; record = reader.next()) {
                    runs.add(record);
                }
            }
            Operation.Read read = new Operation.Read(
                    Call.ok(0, log, invoked, recorder.now()),
                    Mode.FINAL,
                    node.id(),
                    from,
                    runs.list(),
                    info.startOffset(),
                    info.endOffset());
            recorder.add(read);
            if (runs.isEmpty()) {
                return;
            }
            from = read.to();
        } while (from < info.endOffset());
    }

    private static boolean isBehind(LogInfo info, LogInfo wanted) {
        return info.endOffset() < wanted.endOffset() || info.startOffset() < wanted.startOffset();
    }

    private LogInfo describe(String log, String endpoint, long deadline) throws InterruptedException {
        while (true) {
            try {
                return walnut.describe(log, endpoint);
            } catch (WalnutException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
                Thread.sleep(ASK_EVERY_MS);
            }
        }
    }
}
