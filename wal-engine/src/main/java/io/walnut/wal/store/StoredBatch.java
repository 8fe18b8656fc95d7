package io.walnut.wal.store;

import java.nio.ByteBuffer;

/**
 * A batch where it stands in its log.
 *
 * @param baseOffset offset of its first record
 * @param bytes as its writer encoded them; read-only
 */
public record StoredBatch(long baseOffset, int count, long timestampMs, ByteBuffer bytes) {
    /** Offset after its last record. */
    public long endOffset() {
        return baseOffset + count;
    }
}
