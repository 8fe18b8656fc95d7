package io.walnut.wal.format;

/** The unit in which a write begins and ends, so that no write touches a block that holds durable bytes. */
public final class Blocks {
    public static final int BYTES = 4096;

    private Blocks() {}

    /** The next multiple of the block at or above. */
    public static long roundUp(long bytes) {
        return (bytes + BYTES - 1) & -BYTES;
    }
}
