package io.walnut.wal.bench;

import io.walnut.wal.Compression;
import io.walnut.wal.WalOptions.Verification;
import java.util.List;

/** The table of {@code docs/PERFORMANCE.md}. */
final class Rows {
    private static final int KIB = 1024;
    private static final long NANOS_PER_S = 1_000_000_000;
    /** What rows that do not wait for the disk append: less than the disk takes, so that the call is measured and not the disk. */
    private static final long UNWAITED_BYTES_PER_S = 256L << 20;

    static final List<Row> ALL = List.of(
            durable("A1", "1 thread, 1 KiB, each synced", 1, 1, KIB, 1, Against.ONE_BLOCK),
            new AppendRow(
                    "A2",
                    "16 virtual threads, 1 KiB, each waits for its own",
                    16,
                    true,
                    1,
                    KIB,
                    1,
                    true,
                    0,
                    Against.ONE_BLOCK),
            durable("A2", "16 threads, 1 KiB, each waits for its own", 16, 1, KIB, 1, Against.ONE_BLOCK),
            durable("A3", "1 thread, batches of 100 x 1 KiB, each synced", 1, 1, KIB, 100, Against.ONE_CHUNK),
            durable("A3", "16 threads, batches of 100 x 1 KiB, each synced", 16, 1, KIB, 100, Against.FOUR_CHUNKS),
            unwaited(64),
            unwaited(KIB),
            unwaited(10 * KIB),
            new AppendRow(
                    "A5",
                    "1 thread, batches of 1,000 x 64 B, not waiting",
                    1,
                    false,
                    1,
                    64,
                    1_000,
                    false,
                    0,
                    Against.NOTHING),
            durable("A6", "16 logs at once, batches of 100 x 1 KiB", 16, 16, KIB, 100, Against.FOUR_CHUNKS),
            durable("A6", "16 logs at once, batches of 1,000 x 100 B", 16, 16, 100, 1_000, Against.FOUR_CHUNKS),
            new ReadRow(
                    "A7", "scan, 1 KiB in frames of 100; times of 1,000 records", KIB, 100, 1_000, Against.CHECKSUM),
            new ReadRow("A7", "scan, 100 B in frames of 1; times of 1,000 records", 100, 1, 1_000, Against.CHECKSUM),
            new ReadRow("A8", "read by LSN, at random, 1 KiB in frames of 1", KIB, 1, 1, Against.NOTHING),
            new ReadRow("A8", "read by LSN, at random, 1 KiB in frames of 100", KIB, 100, 1, Against.NOTHING),
            new OpenRow("A9", "open after a crash, 1 GiB", 1, Verification.TABLES, 5, Against.NOTHING),
            new OpenRow("A9", "open after a crash, 10 GiB", 10, Verification.TABLES, 3, Against.NOTHING),
            new OpenRow("A9", "open after a crash, 1 GiB, all verified", 1, Verification.FULL, 3, Against.CHECKSUM),
            new RollRow(
                    "A10",
                    "appends that roll, segments of 8 MiB, 100 x 1 KiB synced each, at 256 MiB/s",
                    8 << 20,
                    KIB,
                    100,
                    NANOS_PER_S * 100 * KIB / UNWAITED_BYTES_PER_S),
            new CompressRow("A11", "LZ4, JSON in batches of 100 x 1 KiB, not waiting", Compression.lz4(), true),
            new CompressRow("A11", "LZ4, random bytes, the same", Compression.lz4(), false),
            new CompressRow("A11", "Zstandard 1, JSON, the same", Compression.zstd(1), true),
            new CompressRow("A11", "Zstandard 1, random bytes, the same", Compression.zstd(1), false),
            new HeapRow("A12", "heap of an open engine, in B/op", HeapRow.What.OPEN_ENGINE),
            new HeapRow("A12", "heap of an idle named log beside its name, in B/op", HeapRow.What.IDLE_NAMED_LOG),
            new AppendRow(
                    "A13",
                    "batches of 10 x 1 KiB, not waiting, at 256 MiB/s: garbage in B/op, as in all rows",
                    1,
                    false,
                    1,
                    KIB,
                    10,
                    false,
                    NANOS_PER_S * 10 * KIB / UNWAITED_BYTES_PER_S,
                    Against.NOTHING),
            new PipelineRow("A14", "1 KiB, each durable, 1,000 under way at most", KIB, 1, 1_000, Against.FOUR_CHUNKS),
            new PipelineRow(
                    "A14",
                    "batches of 100 x 1 KiB, each durable, 64 under way at most",
                    KIB,
                    100,
                    64,
                    Against.FOUR_CHUNKS),
            new TailRow("A15", "1 KiB, each synced, and 4 that follow", 4, KIB, 1),
            new TailRow("A15", "batches of 100 x 1 KiB, each synced, and 4 that follow", 4, KIB, 100));

    private Rows() {}

    private static Row durable(
            String id, String workload, int writers, int logs, int recordBytes, int batch, Against against) {
        return new AppendRow(id, workload, writers, false, logs, recordBytes, batch, true, 0, against);
    }

    private static Row unwaited(int recordBytes) {
        long pace = NANOS_PER_S * recordBytes / UNWAITED_BYTES_PER_S;
        return new AppendRow(
                "A4",
                "append without waiting, " + recordBytes + " B, at 256 MiB/s",
                1,
                false,
                1,
                recordBytes,
                1,
                false,
                pace,
                Against.NOTHING);
    }
}
