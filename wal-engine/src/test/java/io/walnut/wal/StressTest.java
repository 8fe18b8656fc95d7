package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything at once on a real directory, for some seconds: nobody waits for ever, and what is acknowledged is there. */
class StressTest {
    private static final long RUN_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int THREADS = 14;
    private static final int LARGE = 50_000;

    @TempDir
    Path directory;

    static Stream<WalOptions> options() {
        Durability lazy = Durability.interval(Duration.ofMillis(5), 100_000);
        return Stream.of(Durability.sync(), lazy, Durability.os())
                .flatMap(durability -> Stream.of(1 << 20, 512 << 10)
                        .map(segment -> WalOptions.defaults()
                                .withSizes(segment, 300 << 10, 4 << 20)
                                .withDurability(durability)
                                .withPastPageCache(segment == 1 << 20)));
    }

    @ParameterizedTest
    @MethodSource("options")
    void nobodyWaitsForEver(WalOptions options) throws Exception {
        Wal wal = Wal.open(directory, options);
        List<CompletableFuture<Void>> workers = new ArrayList<>();
        AtomicLong acknowledged = new AtomicLong();
        long until = System.nanoTime() + RUN_NANOS;
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            CompletableFuture<Void> worker = new CompletableFuture<>();
            workers.add(worker);
            Thread.Builder thread = i % 2 == 0 ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
            thread.start(() -> {
                try {
                    Random random = new Random(number);
                    while (System.nanoTime() < until) {
                        use(wal, random, number, acknowledged);
                    }
                    worker.complete(null);
                } catch (Throwable e) {
                    worker.completeExceptionally(e);
                }
            });
        }
        for (CompletableFuture<Void> worker : workers) {
            worker.get(30, TimeUnit.SECONDS);
        }
        long end = wal.endLsn();
        wal.close();
        assertThat(acknowledged.get()).isPositive().isLessThanOrEqualTo(end);
        try (Wal again = Wal.open(directory, options.withVerification(WalOptions.Verification.FULL))) {
            assertThat(again.endLsn()).isEqualTo(end);
        }
    }

    private static void use(Wal wal, Random random, int number, AtomicLong acknowledged) throws WalException {
        Batch batch = new Batch();
        int bytes = random.nextInt(random.nextInt(10) == 0 ? LARGE : 2_000);
        for (int i = random.nextInt(5); i >= 0; i--) {
            batch.add(number, ByteBuffer.allocate(bytes));
        }
        int choice = random.nextInt(20);
        if (choice < 16) {
            boolean waits = choice < 12;
            long lsn = waits ? wal.append(batch) : wal.enqueue(batch);
            if (!waits && choice < 14) {
                wal.awaitDurable(lsn);
                assertThat(wal.durableLsn()).isGreaterThan(lsn);
            }
            acknowledged.accumulateAndGet(waits ? lsn + batch.count() : 0, Math::max);
        } else if (choice < 18) {
            long start = wal.startLsn();
            long records = wal.endLsn() - start;
            try {
                if (records > 0) {
                    wal.read(start + random.nextLong(records));
                }
            } catch (WalTrimmedException e) {
                assertThat(wal.startLsn()).isGreaterThan(start);
            }
        } else if (number == 0) {
            wal.roll();
        } else if (number == 1) {
            long start = wal.startLsn();
            wal.trimBefore(start + (wal.durableLsn() - start) / 2);
        }
    }
}
