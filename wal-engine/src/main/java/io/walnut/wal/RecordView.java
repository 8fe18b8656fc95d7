package io.walnut.wal;

import java.nio.ByteBuffer;

/** A look at the record at which something stands that goes through the log, such as a {@link Cursor}. */
public interface RecordView {

    /** Its LSN. */
    long lsn();

    /** Its tag. */
    long tag();

    /**
     * Its payload, between position and limit, read-only and not copied: lent until what stands here goes on or is closed, after
     * which the bytes may be others, or the buffer throw. The same buffer each time, in big endian order.
     */
    ByteBuffer payload();

    /** The record, its payload a copy. */
    WalRecord record();
}
