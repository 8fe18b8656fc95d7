package io.walnut.wal.bench;

import io.walnut.wal.Batch;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/** Fills logs with records to read: each has its LSN for a tag. */
final class FilledLog {
    private FilledLog() {}

    /** Nothing of it need be durable. */
    static WalOptions options(WalOptions base) {
        return base.withDurability(Durability.os());
    }

    /** Appends until the segments take {@code bytes}, or a little more. */
    static void fill(Wal log, long bytes, int recordBytes, int batchRecords) throws WalException {
        var filler = new Filler(log, recordBytes, batchRecords);
        do {
            filler.append(Math.clamp((bytes - log.stats().bytesOnDisk()) / filler.batchBytes(), 1, 10_000));
        } while (log.stats().bytesOnDisk() < bytes);
    }

    /** Appends until a segment that is not sealed holds {@code bytes}. */
    static void fillTail(Wal log, long bytes, int recordBytes, int batchRecords) throws WalException {
        var filler = new Filler(log, recordBytes, batchRecords);
        while (log.stats().activeSegmentBytes() < bytes) {
            filler.append(1);
        }
    }

    private static final class Filler {
        private final Wal log;
        private final ByteBuffer record;
        private final int batchRecords;
        private final Batch batch = new Batch();
        private long lsn;

        Filler(Wal log, int recordBytes, int batchRecords) {
            this.log = log;
            this.batchRecords = batchRecords;
            this.lsn = log.endLsn();
            byte[] bytes = new byte[recordBytes];
            new SplittableRandom(recordBytes).nextBytes(bytes);
            this.record = ByteBuffer.allocateDirect(recordBytes).put(bytes).flip();
        }

        long batchBytes() {
            return (long) batchRecords * record.remaining();
        }

        void append(long batches) throws WalException {
            for (long i = 0; i < batches; i++) {
                batch.clear();
                for (int j = 0; j < batchRecords; j++) {
                    batch.add(lsn++, record);
                }
                log.enqueue(batch);
            }
        }
    }
}
