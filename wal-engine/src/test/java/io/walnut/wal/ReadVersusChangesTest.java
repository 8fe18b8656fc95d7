package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers of all kinds while segments are sealed, trimmed, used again, cut and, in the end, the log is closed under them. A record
 * says which LSN it is and is filled with it: so bytes of another segment, or of another record, would be seen.
 */
class ReadVersusChangesTest {
    private static final int READERS = 4;
    private static final int WORDS = 300;
    private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(600);

    @TempDir
    Path directory;

    @RepeatedTest(2)
    void everyoneReadsWhatWasWrittenOrHearsWhyNot() throws Exception {
        Wal wal = Wal.open(directory, Logs.threads());
        AtomicLong seen = new AtomicLong();
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            int kind = i;
            CompletableFuture<Void> reader = new CompletableFuture<>();
            readers.add(reader);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    while (true) {
                        read(wal, kind, seen);
                    }
                } catch (WalClosedException e) {
                    reader.complete(null);
                } catch (Throwable e) {
                    reader.completeExceptionally(e);
                }
            });
        }
        long until = System.nanoTime() + RUN_NANOS;
        for (int round = 0; System.nanoTime() < until; round++) {
            for (int i = 0; i < 20; i++) {
                append(wal);
            }
            switch (round % 4) {
                case 0 -> wal.truncateAfter(wal.durableLsn() - 6);
                case 1 -> wal.roll();
                default -> wal.trimBefore(wal.durableLsn() - 25);
            }
        }
        wal.close();
        for (CompletableFuture<Void> reader : readers) {
            reader.get(20, TimeUnit.SECONDS);
        }
        assertThat(seen).hasPositiveValue();
    }

    private static void append(Wal wal) throws WalException {
        long lsn = wal.endLsn();
        wal.append(new Batch()
                .add(lsn, WORDS * Long.BYTES, target -> fill(target, lsn))
                .add(lsn + 1, WORDS * Long.BYTES, target -> fill(target, lsn + 1)));
    }

    private static void fill(ByteBuffer target, long lsn) {
        for (int i = 0; i < WORDS; i++) {
            target.putLong(lsn);
        }
    }

    private static void read(Wal wal, int kind, AtomicLong seen) throws WalException, InterruptedException {
        long start = wal.startLsn();
        try (TailCursor cursor = wal.tail(kind % 2 == 0 ? start : Math.max(start, wal.durableLsn() - 3))) {
            while (kind % 2 == 0 ? cursor.next() : cursor.next(Duration.ofMillis(5))) {
                check(cursor.lsn(), cursor.tag(), cursor.payload());
                check(cursor.lsn(), cursor.tag(), cursor.record().payload());
                if (kind < 2) {
                    check(cursor.lsn(), cursor.tag(), wal.read(cursor.lsn()).payload());
                }
                seen.incrementAndGet();
            }
            // A cursor at the end does not hear that the log is closed; who asks for its end does.
            wal.read(wal.startLsn());
        } catch (WalTrimmedException | WalRangeException e) {
            // from the beginning again
        }
    }

    private static void check(long lsn, long tag, ByteBuffer payload) {
        assertThat(tag).isEqualTo(lsn);
        assertThat(payload.remaining()).isEqualTo(WORDS * Long.BYTES);
        payload.order(ByteOrder.LITTLE_ENDIAN); // as the encoder found it
        while (payload.hasRemaining()) {
            if (payload.getLong() != lsn) {
                throw new AssertionError("LSN " + lsn + " holds bytes of another record");
            }
        }
    }
}
