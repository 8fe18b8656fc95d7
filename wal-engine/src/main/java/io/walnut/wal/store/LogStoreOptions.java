package io.walnut.wal.store;

import io.walnut.wal.WalOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;

/**
 * How a store behaves.
 *
 * @param wal of the WAL below; its durability is that of an append. Without a first LSN: nobody sees those of a store
 * @param upkeepEvery between two rounds of {@link LogStore#upkeep}, by the store's own thread; zero for never
 * @param imageEvery commands after which upkeep saves an image of the index: what an open has to replay, at most and about. It
 *     saves one earlier where more space comes free by it than it takes
 * @param clock for the times of appends
 */
public record LogStoreOptions(WalOptions wal, Duration upkeepEvery, long imageEvery, InstantSource clock) {
    private static final Duration UPKEEP_EVERY = Duration.ofSeconds(10);
    private static final long IMAGE_EVERY = 1_000_000;

    public LogStoreOptions {
        Objects.requireNonNull(wal, "wal");
        Objects.requireNonNull(upkeepEvery, "upkeepEvery");
        Objects.requireNonNull(clock, "clock");
        // An existing WAL keeps its own: a store without an image would be replayed from a place that is not its
        // beginning.
        if (wal.firstLsn() != 0) {
            throw new IllegalArgumentException(
                    "the WAL of a store begins at LSN 0, firstLsn must not be " + wal.firstLsn());
        }
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
