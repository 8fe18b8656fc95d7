package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Durable writes that come to the disk in another order than that of the log. */
@Timeout(60)
class SeveralInFlightTest {
    private final FaultyStorage disk = new FaultyStorage();
    private final Gates storage = new Gates(disk);

    /** Holds durable writes, numbered from 0, back until they are let go or fail. */
    private static final class Gates extends ForwardingStorage {
        private final AtomicInteger writes = new AtomicInteger();
        private final Map<Integer, CompletableFuture<Void>> gates = new ConcurrentHashMap<>();

        Gates(FaultyStorage storage) {
            super(storage);
        }

        CompletableFuture<Void> hold(int write) {
            CompletableFuture<Void> gate = new CompletableFuture<>();
            gates.put(write, gate);
            return gate;
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public void writeDurably(ByteBuffer source, long position) throws IOException {
                    CompletableFuture<Void> gate = gates.get(writes.getAndIncrement());
                    try {
                        if (gate != null) {
                            gate.get(30, TimeUnit.SECONDS);
                        }
                    } catch (ExecutionException e) {
                        throw new IOException(e.getCause());
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                    file().writeDurably(source, position);
                }
            };
        }
    }

    private static CompletableFuture<Long> append(Wal wal, String record) {
        CompletableFuture<Long> appended = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                appended.complete(wal.append(Logs.batch(record)));
            } catch (WalException e) {
                appended.completeExceptionally(e);
            }
        });
        return appended;
    }

    /** 0 is durable, 1 is held back, 2 has come to the disk. */
    private CompletableFuture<Void> twoBeforeOne(Wal wal, List<CompletableFuture<Long>> appends) throws Exception {
        wal.append(Logs.batch("0"));
        CompletableFuture<Void> gate = storage.hold(1);
        appends.add(append(wal, "1"));
        Logs.await("1 is under way", () -> storage.writes.get() == 2);
        appends.add(append(wal, "2"));
        Logs.await("2 is on the disk", () -> wal.stats().writes() == 2);
        return gate;
    }

    @Test
    void whatIsDurableAdvancesInTheOrderOfTheLog() throws Exception {
        List<CompletableFuture<Long>> appends = new java.util.ArrayList<>();
        Wal wal = Wal.open(storage, Logs.threads());
        CompletableFuture<Void> gate = twoBeforeOne(wal, appends);

        assertThat(wal.durableLsn()).isEqualTo(1);
        assertThat(appends).noneMatch(CompletableFuture::isDone);
        assertThat(Logs.contents(wal)).containsExactly("0");

        gate.complete(null);
        assertThat(appends.get(0).get(20, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(appends.get(1).get(20, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(wal.durableLsn()).isEqualTo(3);
        assertThat(Logs.contents(wal)).containsExactly("0", "1", "2");
        wal.close();
    }

    /** A header says that all before it is durable: while something is in flight no segment is begun, however old the last is. */
    @Test
    void aSegmentThatGetsOldJustNowIsNotLeftWhileSomethingIsOnItsWayToIt() throws Exception {
        List<CompletableFuture<Long>> appends = new java.util.ArrayList<>();
        AtomicInteger looks = new AtomicInteger(Integer.MIN_VALUE);
        Duration age = Duration.ofHours(1);
        WalOptions options =
                Logs.inline().withSegmentAge(age).withNanoClock(() -> looks.getAndIncrement() > 0 ? age.toNanos() : 0);
        Wal wal = Wal.open(storage, options);
        wal.append(Logs.batch("0"));
        CompletableFuture<Void> gate = storage.hold(1);
        appends.add(append(wal, "1"));
        Logs.await("1 is under way", () -> storage.writes.get() == 2);
        looks.set(0); // at the first look it is young still
        appends.add(append(wal, "2"));
        Logs.await("2 is on the disk", () -> wal.stats().writes() == 2);
        gate.complete(null);
        for (CompletableFuture<Long> append : appends) {
            append.get(20, TimeUnit.SECONDS);
        }
        assertThat(Logs.contents(wal)).containsExactly("0", "1", "2");
        try (Wal again = Wal.open(FaultyStorage.of(disk.contents()), Logs.inline())) {
            assertThat(Logs.contents(again)).containsExactly("0", "1", "2");
        }
        wal.append(Logs.batch("3"));
        assertThat(wal.stats().segments()).isEqualTo(2);
        wal.close();
    }

    @Test
    void whatStandsBehindAHoleNeverComesBackToLife() throws Exception {
        List<CompletableFuture<Long>> appends = new java.util.ArrayList<>();
        Wal wal = Wal.open(storage, Logs.threads());
        CompletableFuture<Void> gate = twoBeforeOne(wal, appends);
        FaultyStorage crashed = FaultyStorage.of(disk.contents());
        gate.complete(null);
        for (CompletableFuture<Long> append : appends) {
            append.get(20, TimeUnit.SECONDS);
        }
        wal.close();

        Wal recovered = Wal.open(crashed, Logs.inline());
        assertThat(Logs.contents(recovered)).containsExactly("0");
        // Of the same length as the one that is lost, so that the one behind the hole would follow.
        assertThat(recovered.append(Logs.batch("a"))).isEqualTo(1);
        Wal again = Wal.open(FaultyStorage.of(crashed.contents()), Logs.inline());
        assertThat(Logs.contents(again)).containsExactly("0", "a");
    }

    @Test
    void aWriteThatFailsTakesThoseBehindItWithIt() throws Exception {
        List<CompletableFuture<Long>> appends = new java.util.ArrayList<>();
        Wal wal = Wal.open(storage, Logs.threads());
        CompletableFuture<Void> gate = twoBeforeOne(wal, appends);

        gate.completeExceptionally(new IOException("planted"));

        for (CompletableFuture<Long> append : appends) {
            assertThatThrownBy(() -> append.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(WalPoisonedException.class);
        }
        assertThat(wal.durableLsn()).isEqualTo(1);
        assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
        Wal recovered = Wal.open(FaultyStorage.of(disk.contents()), Logs.inline());
        assertThat(Logs.contents(recovered)).containsExactly("0");
    }

    /** A header proves that all before it is durable. */
    @Test
    void noSegmentIsBegunWhileAnotherIsWrittenTo() throws Exception {
        Wal wal = Wal.open(storage, Logs.threads());
        String large = "x".repeat(11 << 10);
        wal.append(Logs.batch(large));
        CompletableFuture<Void> gate = storage.hold(1);
        CompletableFuture<Long> last = append(wal, large);
        Logs.await("the last that has room is under way", () -> storage.writes.get() == 2);
        CompletableFuture<Long> next = append(wal, large);
        Logs.await("the next has its LSN", () -> wal.endLsn() == 3);
        TimeUnit.MILLISECONDS.sleep(50);
        assertThat(storage.writes.get()).isEqualTo(2);

        gate.complete(null);
        assertThat(last.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(next.get(20, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(wal.stats().rolls()).isEqualTo(2);
        wal.close();
    }
}
