package io.walnut.wal;

import java.nio.ByteBuffer;

/** Writes a payload straight into the log's buffer. */
@FunctionalInterface
public interface Encoder {

    /**
     * Puts exactly the announced number of bytes at the buffer's position. Runs on the appending thread, once, under the
     * log's lock unless the batch is compressed first: compute before, only copy here. The buffer must not be kept, nor
     * written below that position, and the log must not be called; its order of bytes is
     * little endian, and may be changed.
     */
    void encode(ByteBuffer target);
}
