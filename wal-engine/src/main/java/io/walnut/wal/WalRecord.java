package io.walnut.wal;

import java.nio.ByteBuffer;

/**
 * One record.
 *
 * @param lsn its place in the log
 * @param tag what the writer gave with it
 * @param payload its bytes, a read-only copy
 */
public record WalRecord(long lsn, long tag, ByteBuffer payload) {}
