package io.walnut.wal.lincheck;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalRecord;
import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.util.UUID;

/** A directory in memory, the log in it, and what a power cut would leave of it now. */
final class Disk {
    private static final int SEGMENT_BYTES = 32 << 10;
    private static final int RECORD_BYTES = 3_900;
    private static final int BATCH_BYTES = 4_000; // fills a block with its frame; four of them are in memory at once
    private static final int BYTES_IN_FLIGHT = 16 << 10;

    private final FaultyStorage storage = new FaultyStorage();
    private final long segmentBytes;

    Disk() {
        this(SEGMENT_BYTES);
    }

    Disk(long segmentBytes) {
        this.segmentBytes = segmentBytes;
    }

    Wal open() throws WalException {
        return Wal.open(storage, options());
    }

    /** With a record of the value of its LSN each. */
    Wal openWith(int records) throws WalException {
        Wal wal = open();
        for (int i = 0; i < records; i++) {
            wal.append(batch(i));
        }
        return wal;
    }

    /** The calling threads do everything; nothing in it is left to chance. */
    private WalOptions options() {
        int[] salt = {1};
        return WalOptions.defaults()
                .withSizes(segmentBytes, BATCH_BYTES, BYTES_IN_FLIGHT)
                .withBackgroundWork(BackgroundWork.INLINE)
                .withIdentity(() -> new UUID(1, 2))
                .withSalts(() -> salt[0] = salt[0] * 31 + 7);
    }

    /** Where a log would end after a power cut that leaves nothing that was not synced. */
    long endAfterPowerCut() throws WalException {
        return Wal.open(FaultyStorage.of(storage.durable()), options()).endLsn();
    }

    static Batch batch(int value) {
        return new Batch().add(value, ByteBuffer.allocate(RECORD_BYTES).putInt(0, value));
    }

    static int value(WalRecord record) {
        return value(record.payload());
    }

    static int value(ByteBuffer payload) {
        return payload.getInt(payload.position());
    }
}
