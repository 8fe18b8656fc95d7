package io.walnut.wal;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.Backend;
import io.walnut.wal.recovery.RecoveryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How a log behaves. Start from {@link #defaults()} and change what is to differ.
 *
 * @param segmentBytes size of a segment file before it is sealed; a multiple of 4096
 * @param segmentAge a segment that holds records is rolled when it gets as old as this, idle or not; zero for never
 * @param durability when an append returns
 * @param maxBytesInFlight bytes that may wait in memory for the disk; who would exceed it waits
 * @param maxBatchBytes largest batch, in bytes of its encoded records (12 more than its payload each), compressed or not
 * @param firstLsn first LSN of a log that is new; an existing log keeps its own
 * @param spareSegments files of trimmed segments that are kept to make new ones of; they cost disk space and save writing it twice
 * @param writesInFlight durable writes at once, when there is enough to write for that
 * @param pastPageCache whether durable writes go past the page cache, where the file system can: quicker for who appends, slower
 *     for who reads what was just appended
 * @param compression how batches are made smaller, where that helps
 * @param backend how durable writes reach the disk; the system property and the environment variable that
 *     {@link io.walnut.wal.io.uring.Backends} names override it
 * @param verification what an open reads of sealed segments
 * @param recovery what an open does beyond the ordinary
 * @param scrubbing whether sealed segments are verified again and again
 * @param backgroundWork who prepares and seals segments
 * @param observer hears what the log does and how long it takes
 * @param identity makes the UUID of a new log
 * @param salts makes the salt of a segment: differs from one to the next, so that a stale frame cannot pass for a live one
 * @param nanoClock time for ages and statistics, as {@link System#nanoTime()}
 */
public record WalOptions(
        long segmentBytes,
        Duration segmentAge,
        Durability durability,
        long maxBytesInFlight,
        int maxBatchBytes,
        long firstLsn,
        int spareSegments,
        int writesInFlight,
        boolean pastPageCache,
        Compression compression,
        Backend backend,
        Verification verification,
        RecoveryPolicy recovery,
        Scrubbing scrubbing,
        BackgroundWork backgroundWork,
        WalObserver observer,
        Supplier<UUID> identity,
        IntSupplier salts,
        LongSupplier nanoClock) {
    private static final int BLOCK = 4096;
    private static final long MAX_SEGMENT_BYTES = 1L << 30;
    private static final int MAX_BATCH_BYTES = FrameFormat.MAX_RECORDS_BYTES;
    private static final long MAX_BYTES_IN_FLIGHT = 1L << 30;

    /** What an open reads of sealed segments. */
    public enum Verification {
        /** Header, footer and offset table of each. */
        TABLES,
        /** Every frame. */
        FULL
    }

    public WalOptions {
        // Not left to whoever uses it first: a durability that is missing would be taken for the weakest.
        Objects.requireNonNull(segmentAge, "segmentAge");
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(compression, "compression");
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(verification, "verification");
        Objects.requireNonNull(recovery, "recovery");
        Objects.requireNonNull(scrubbing, "scrubbing");
        Objects.requireNonNull(backgroundWork, "backgroundWork");
        Objects.requireNonNull(observer, "observer");
        Objects.requireNonNull(identity, "identity");
        Objects.requireNonNull(salts, "salts");
        Objects.requireNonNull(nanoClock, "nanoClock");
        check(
                segmentBytes >= 2 * BLOCK && segmentBytes <= MAX_SEGMENT_BYTES && segmentBytes % BLOCK == 0,
                "segmentBytes must be a multiple of 4096 between 8192 and 1 GiB, not " + segmentBytes);
        check(!segmentAge.isNegative(), "segmentAge must not be negative: " + segmentAge);
        check(
                maxBatchBytes > 0 && maxBatchBytes <= MAX_BATCH_BYTES,
                "maxBatchBytes must lie between 1 and 256 MiB, not " + maxBatchBytes);
        check(
                segmentBytes >= SegmentHeader.BYTES + FrameFormat.paddedBytes(maxBatchBytes),
                "a segment of " + segmentBytes + " bytes cannot hold a batch of maxBatchBytes " + maxBatchBytes
                        + ": raise segmentBytes or lower maxBatchBytes");
        check(
                maxBytesInFlight <= MAX_BYTES_IN_FLIGHT
                        && maxBytesInFlight / 2 >= SegmentHeader.BYTES + FrameFormat.paddedBytes(maxBatchBytes),
                "maxBytesInFlight must lie between "
                        + 2 * (SegmentHeader.BYTES + FrameFormat.paddedBytes(maxBatchBytes))
                        + " bytes (two batches of maxBatchBytes " + maxBatchBytes + ") and 1 GiB, not "
                        + maxBytesInFlight);
        check(
                spareSegments >= 0 && spareSegments <= 1_000,
                "spareSegments must lie between 0 and 1,000, not " + spareSegments);
        check(
                writesInFlight >= 1 && writesInFlight <= 64,
                "writesInFlight must lie between 1 and 64, not " + writesInFlight);
        check(firstLsn >= 0, "firstLsn must not be negative: " + firstLsn);
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Segments of 64 MiB that do not age, sync durability, 48 MiB in flight, batches up to 16 MiB, from LSN 0. */
    public static WalOptions defaults() {
        return new WalOptions(
                64L << 20,
                Duration.ZERO,
                Durability.sync(),
                48L << 20,
                16 << 20,
                0,
                2,
                4,
                true,
                Compression.none(),
                Backend.AUTO,
                Verification.TABLES,
                RecoveryPolicy.defaults(),
                Scrubbing.off(),
                BackgroundWork.THREADS,
                WalObserver.NONE,
                UUID::randomUUID,
                RandomSalts.INSTANCE,
                System::nanoTime);
    }

    public WalOptions withSegmentBytes(long bytes) {
        return with(draft -> draft.segmentBytes = bytes);
    }

    /** Sets sizes that must fit each other in one step. */
    public WalOptions withSizes(long segment, int maxBatch, long inFlight) {
        return with(draft -> {
            draft.segmentBytes = segment;
            draft.maxBatchBytes = maxBatch;
            draft.maxBytesInFlight = inFlight;
        });
    }

    public WalOptions withSegmentAge(Duration age) {
        return with(draft -> draft.segmentAge = age);
    }

    public WalOptions withDurability(Durability policy) {
        return with(draft -> draft.durability = policy);
    }

    public WalOptions withMaxBytesInFlight(long bytes) {
        return with(draft -> draft.maxBytesInFlight = bytes);
    }

    public WalOptions withMaxBatchBytes(int bytes) {
        return with(draft -> draft.maxBatchBytes = bytes);
    }

    public WalOptions withFirstLsn(long lsn) {
        return with(draft -> draft.firstLsn = lsn);
    }

    public WalOptions withSpareSegments(int files) {
        return with(draft -> draft.spareSegments = files);
    }

    public WalOptions withWritesInFlight(int writes) {
        return with(draft -> draft.writesInFlight = writes);
    }

    public WalOptions withPastPageCache(boolean past) {
        return with(draft -> draft.pastPageCache = past);
    }

    public WalOptions withCompression(Compression how) {
        return with(draft -> draft.compression = how);
    }

    public WalOptions withBackend(Backend wanted) {
        return with(draft -> draft.backend = wanted);
    }

    public WalOptions withVerification(Verification what) {
        return with(draft -> draft.verification = what);
    }

    public WalOptions withRecovery(RecoveryPolicy policy) {
        return with(draft -> draft.recovery = policy);
    }

    public WalOptions withScrubbing(Scrubbing how) {
        return with(draft -> draft.scrubbing = how);
    }

    public WalOptions withBackgroundWork(BackgroundWork who) {
        return with(draft -> draft.backgroundWork = who);
    }

    public WalOptions withObserver(WalObserver who) {
        return with(draft -> draft.observer = who);
    }

    public WalOptions withIdentity(Supplier<UUID> uuids) {
        return with(draft -> draft.identity = uuids);
    }

    public WalOptions withSalts(IntSupplier source) {
        return with(draft -> draft.salts = source);
    }

    public WalOptions withNanoClock(LongSupplier clock) {
        return with(draft -> draft.nanoClock = clock);
    }

    private WalOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finish();
    }

    /** The same options while some of them change. */
    private static final class Draft {
        private long segmentBytes;
        private Duration segmentAge;
        private Durability durability;
        private long maxBytesInFlight;
        private int maxBatchBytes;
        private long firstLsn;
        private int spareSegments;
        private int writesInFlight;
        private boolean pastPageCache;
        private Compression compression;
        private Backend backend;
        private Verification verification;
        private RecoveryPolicy recovery;
        private Scrubbing scrubbing;
        private BackgroundWork backgroundWork;
        private WalObserver observer;
        private Supplier<UUID> identity;
        private IntSupplier salts;
        private LongSupplier nanoClock;

        Draft(WalOptions from) {
            segmentBytes = from.segmentBytes;
            segmentAge = from.segmentAge;
            durability = from.durability;
            maxBytesInFlight = from.maxBytesInFlight;
            maxBatchBytes = from.maxBatchBytes;
            firstLsn = from.firstLsn;
            spareSegments = from.spareSegments;
            writesInFlight = from.writesInFlight;
            pastPageCache = from.pastPageCache;
            compression = from.compression;
            backend = from.backend;
            verification = from.verification;
            recovery = from.recovery;
            scrubbing = from.scrubbing;
            backgroundWork = from.backgroundWork;
            observer = from.observer;
            identity = from.identity;
            salts = from.salts;
            nanoClock = from.nanoClock;
        }

        WalOptions finish() {
            return new WalOptions(
                    segmentBytes,
                    segmentAge,
                    durability,
                    maxBytesInFlight,
                    maxBatchBytes,
                    firstLsn,
                    spareSegments,
                    writesInFlight,
                    pastPageCache,
                    compression,
                    backend,
                    verification,
                    recovery,
                    scrubbing,
                    backgroundWork,
                    observer,
                    identity,
                    salts,
                    nanoClock);
        }
    }
}
