package io.walnut.client;

/**
 * Bounds of an {@link Appender}.
 *
 * @param batchBytes a batch is sent when it has reached this size, or as soon as nothing is in flight
 * @param maxBatchesInFlight unacknowledged batches, 1 to 32: a retry is recognised as far back as that
 * @param maxBytesInFlight unacknowledged bytes; one batch is always let through
 */
public record AppenderOptions(int batchBytes, int maxBatchesInFlight, long maxBytesInFlight) {
    /** As many batches as a cluster remembers of each producer. */
    public static final int MAX_BATCHES_IN_FLIGHT = 32;

    private static final int DEFAULT_BATCH_BYTES = 128 << 10;
    private static final long DEFAULT_BYTES_IN_FLIGHT = 16L << 20;

    public AppenderOptions {
        if (batchBytes < 1) {
            throw new IllegalArgumentException("batchBytes is " + batchBytes + "; expected 1 or more");
        }
        if (maxBatchesInFlight < 1 || maxBatchesInFlight > MAX_BATCHES_IN_FLIGHT) {
            throw new IllegalArgumentException(
                    "maxBatchesInFlight is " + maxBatchesInFlight + "; expected 1 to " + MAX_BATCHES_IN_FLIGHT);
        }
        if (maxBytesInFlight < 1) {
            throw new IllegalArgumentException("maxBytesInFlight is " + maxBytesInFlight + "; expected 1 or more");
        }
    }

    /** Batches of 128 KiB, 32 batches and 16 MiB in flight. */
    public static AppenderOptions defaults() {
        return new AppenderOptions(DEFAULT_BATCH_BYTES, MAX_BATCHES_IN_FLIGHT, DEFAULT_BYTES_IN_FLIGHT);
    }

    public AppenderOptions withBatchBytes(int bytes) {
        return new AppenderOptions(bytes, maxBatchesInFlight, maxBytesInFlight);
    }

    public AppenderOptions withMaxBatchesInFlight(int batches) {
        return new AppenderOptions(batchBytes, batches, maxBytesInFlight);
    }

    public AppenderOptions withMaxBytesInFlight(long bytes) {
        return new AppenderOptions(batchBytes, maxBatchesInFlight, bytes);
    }
}
