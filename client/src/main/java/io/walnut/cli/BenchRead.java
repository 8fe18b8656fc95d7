package io.walnut.cli;

import io.walnut.client.LogReader;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;

/** Reads a log from its beginning to its end. */
final class BenchRead implements BenchRun.Workload {
    private final String log;

    BenchRead(String log) {
        this.log = log;
    }

    @Override
    public void run(Walnut client, BenchRun.Meter meter) {
        try (LogReader reader = client.read(log, client.describe(log).startOffset())) {
            while (!meter.isOver()) {
                long from = System.nanoTime();
                StoredRecord record = reader.next();
                if (record == null) {
                    return;
                }
                meter.done(from, System.nanoTime(), record.value().length);
            }
        }
    }
}
