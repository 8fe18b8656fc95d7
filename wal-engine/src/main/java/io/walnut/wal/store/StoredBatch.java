package io.walnut.wal.store;

import io.walnut.wal.record.BatchView;
import java.nio.ByteBuffer;

/**
 * A batch where it stands in its log.
 *
 * @param baseOffset offset of its first record
 * @param readMs when it was read, by the store's clock
 * @param bytes as its writer encoded them, with records whose time to live is over; read-only
 */
public record StoredBatch(long baseOffset, int count, long timestampMs, long readMs, ByteBuffer bytes) {

    /** Its records, but for those whose time to live was over when it was read: their offsets are left out. For one thread. */
    public BatchView records(BatchView view) {
        return view.over(bytes, timestampMs, readMs);
    }

    /** Offset after its last record. */
    public long endOffset() {
        return baseOffset + count;
    }
}
