package io.walnut.wal.store;

import io.walnut.wal.WalOptions;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How a store behaves.
 *
 * @param wal of the WAL below; its durability is that of an append
 * @param upkeepEvery between two rounds of {@link LogStore#upkeep}, by the store's own thread; zero for never
 * @param imageEvery commands after which upkeep saves an image of the index: what an open has to replay, at most and about
 * @param clock for the times of appends
 */
public record LogStoreOptions(WalOptions wal, Duration upkeepEvery, long imageEvery, InstantSource clock) {
    private static final Duration UPKEEP_EVERY = Duration.ofSeconds(10);
    private static final long IMAGE_EVERY = 1_000_000;

    public LogStoreOptions {
        if (upkeepEvery.isNegative() || imageEvery < 1) {
            throw new IllegalArgumentException("upkeepEvery must not be negative and imageEvery at least 1, not "
                    + upkeepEvery + " and " + imageEvery);
        }
    }

    /** The WAL's defaults, upkeep every 10 seconds, an image every million commands. */
    public static LogStoreOptions defaults() {
        return new LogStoreOptions(WalOptions.defaults(), UPKEEP_EVERY, IMAGE_EVERY, InstantSource.system());
    }

    public LogStoreOptions withWal(WalOptions options) {
        return new LogStoreOptions(options, upkeepEvery, imageEvery, clock);
    }

    public LogStoreOptions withUpkeepEvery(Duration period) {
        return new LogStoreOptions(wal, period, imageEvery, clock);
    }

    public LogStoreOptions withImageEvery(long commands) {
        return new LogStoreOptions(wal, upkeepEvery, commands, clock);
    }

    public LogStoreOptions withClock(InstantSource source) {
        return new LogStoreOptions(wal, upkeepEvery, imageEvery, source);
    }
}
