package io.walnut.wal.format;

import java.nio.ByteBuffer;

/** The unit in which a write begins and ends, so that no write touches a block that holds durable bytes. */
public final class Blocks {
    public static final int BYTES = 4096;

    private Blocks() {}

    /** Whether the remaining bytes are whole blocks in memory and at their place in a file, so that they can go past the page cache. */
    public static boolean areWhole(ByteBuffer source, long position) {
        return source.isDirect()
                && source.remaining() % BYTES == 0
                && position % BYTES == 0
                && source.alignmentOffset(source.position(), BYTES) == 0;
    }

    /** The next multiple of the block at or above. */
    public static long roundUp(long bytes) {
        return (bytes + BYTES - 1) & -BYTES;
    }
}
