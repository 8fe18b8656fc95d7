package io.walnut.wal;

/** Options for a kind of use, to start from. With each an append that has returned survives a power cut. */
public enum Preset {
    /** {@link WalOptions#defaults()}. */
    BALANCED,
    /** Small batches that are waited for: little memory, and files at hand so that no append waits for a new segment. */
    LOW_LATENCY,
    /** Large batches from many threads: memory for what waits, more writes at once, fewer segments. */
    THROUGHPUT,
    /** Records of up to 250 MiB. Takes up to 1 GiB of memory outside the heap. */
    LARGE_RECORDS,
    /** Text on a small disk: compressed, in small segments that can be trimmed soon, no files in reserve. */
    SPACE_SAVING;

    private static final int MIB = 1 << 20;

    public WalOptions options() {
        WalOptions base = WalOptions.defaults();
        return switch (this) {
            case BALANCED -> base;
            case LOW_LATENCY -> base.withSizes(64L * MIB, MIB, 16L * MIB).withSpareSegments(8);
            case THROUGHPUT ->
                base.withSizes(256L * MIB, 64 * MIB, 256L * MIB)
                        .withWritesInFlight(8)
                        .withSpareSegments(4);
            case LARGE_RECORDS ->
                base.withSizes(1024L * MIB, 256 * MIB, 1024L * MIB).withSpareSegments(1);
            case SPACE_SAVING ->
                base.withSizes(16L * MIB, 4 * MIB, 16L * MIB)
                        .withCompression(Compression.zstd(3))
                        .withSpareSegments(0);
        };
    }
}
