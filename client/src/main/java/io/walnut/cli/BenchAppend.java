package io.walnut.cli;

import io.walnut.client.Appender;
import io.walnut.client.AppenderOptions;
import io.walnut.client.Walnut;
import java.util.Random;
import java.util.concurrent.Semaphore;

/** Appends records of one size, with a bound of unacknowledged ones. */
final class BenchAppend implements BenchRun.Workload {
    private final String log;
    private final int recordSize;
    private final int inFlight;

    BenchAppend(String log, int recordSize, int inFlight) {
        this.log = log;
        this.recordSize = recordSize;
        this.inFlight = inFlight;
    }

    @Override
    public void run(Walnut client, BenchRun.Meter meter) {
        byte[] value = new byte[recordSize];
        new Random(1).nextBytes(value);
        Semaphore free = new Semaphore(inFlight);
        // When each unacknowledged record was added, by its ordinal: acknowledgements come in order.
        long[] added = new long[inFlight];
        long[] acknowledged = {0};
        try (Appender appender = client.appender(log, AppenderOptions.defaults(), batch -> {
            long now = System.nanoTime();
            int count = (int) batch.count();
            for (int i = 0; i < count; i++) {
                meter.done(added[(int) (acknowledged[0]++ % inFlight)], now, recordSize);
            }
            free.release(count);
        })) {
            for (long ordinal = 0; !meter.isOver(); ordinal++) {
                if (!acquire(free, appender)) {
                    return;
                }
                added[(int) (ordinal % inFlight)] = System.nanoTime();
                appender.add(value);
            }
        }
    }

    /** Waits for room; looks now and then whether the appender has stopped, which frees nothing. */
    private static boolean acquire(Semaphore free, Appender appender) {
        try {
            while (!free.tryAcquire(1, java.util.concurrent.TimeUnit.SECONDS)) {
                appender.flush();
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
