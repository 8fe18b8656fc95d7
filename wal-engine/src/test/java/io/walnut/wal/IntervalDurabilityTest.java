package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Syncs by a number of bytes. */
class IntervalDurabilityTest {
    private static final Duration NEVER = Duration.ofDays(1);
    private static final String LARGE = "x".repeat(10 << 10);

    private final FaultyStorage storage = new FaultyStorage();

    @Test
    void syncsWhenSoManyBytesAreNotSynced() throws Exception {
        WalOptions options = Logs.inline().withDurability(Durability.interval(NEVER, 3 * 4096));
        try (Wal wal = Wal.open(storage, options)) {
            long[] durable = new long[6];
            for (int i = 0; i < durable.length; i++) {
                wal.append(Logs.batch("r" + i)); // a block each
                durable[i] = wal.durableLsn();
            }
            assertThat(durable).containsExactly(0, 0, 3, 3, 3, 6);
        }
    }

    @Test
    void aSegmentIsSyncedBeforeTheNextOneIsWritten() throws Exception {
        WalOptions options = Logs.inline().withDurability(Durability.interval(NEVER, 1 << 20));
        try (Wal wal = Wal.open(storage, options)) {
            wal.append(Logs.batch(LARGE));
            wal.append(Logs.batch(LARGE));
            assertThat(wal.durableLsn()).isZero();
            wal.enqueue(Logs.batch(LARGE)); // fits no more
            int before = storage.trace().size();
            wal.awaitDurable(2);
            List<String> operations =
                    storage.trace().subList(before, storage.trace().size());
            assertThat(operations.get(0)).endsWith("SYNC 00000000000000000000.seg");
            assertThat(operations.get(1)).contains("WRITE 00000000000000000001.seg at 0");
            assertThat(wal.durableLsn()).isEqualTo(3);
        }
    }
}
