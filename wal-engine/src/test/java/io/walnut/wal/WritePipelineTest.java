package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.DurableWriteException;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The log's own thread, with several durable writes on their way that end in any order. */
@Timeout(60)
class WritePipelineTest {
    private static final int WRITES = 4;

    private final FaultyStorage disk = new FaultyStorage();
    private final CountDownLatch firstBegun = new CountDownLatch(1);
    private final CountDownLatch allWait = new CountDownLatch(1);
    private final AtomicInteger mostInFlight = new AtomicInteger();
    private volatile int failing = -1; // the write that does, counted from 0
    private final ForwardingStorage storage = new ForwardingStorage(disk) {
        @Override
        public DurableWrites durableWrites(int depth) throws IOException {
            return new Held(disk.durableWrites(depth));
        }
    };

    /** Ends the first write when all others wait for theirs. */
    private final class Held implements DurableWrites {
        private final DurableWrites writes;
        private final List<Integer> tokens = new ArrayList<>();

        Held(DurableWrites writes) {
            this.writes = writes;
        }

        @Override
        public void submit(StorageFile file, ByteBuffer source, long position, int token) throws IOException {
            writes.submit(file, source, position, token);
            tokens.add(token);
            mostInFlight.accumulateAndGet(writes.inFlight(), Math::max);
            firstBegun.countDown();
        }

        @Override
        public int await() throws IOException {
            try {
                assertThat(allWait.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            int token = writes.await();
            if (failing >= 0 && failing < tokens.size() && tokens.get(failing) == token) {
                throw new DurableWriteException(token, new IOException("planted"));
            }
            return token;
        }

        @Override
        public boolean ready() {
            return writes.ready();
        }

        @Override
        public int inFlight() {
            return writes.inFlight();
        }

        @Override
        public void close() throws IOException {
            writes.close();
        }
    }

    /** So long that no two of them fit into a group. */
    private static String payload(int number) {
        return number + "x".repeat(5_000);
    }

    private List<CompletableFuture<Long>> appendAll(Wal wal) throws Exception {
        var appends = new ArrayList<CompletableFuture<Long>>();
        for (int i = 0; i <= WRITES; i++) {
            appends.add(wal.appendAsync(Logs.batch(payload(i)), Acknowledge.DURABLE));
            assertThat(firstBegun.await(30, TimeUnit.SECONDS)).isTrue();
        }
        allWait.countDown();
        return appends;
    }

    private static WalOptions options() {
        return Logs.threads().withSegmentBytes(64 << 10).withWritesInFlight(WRITES);
    }

    @Test
    void severalAreOnTheirWayAtOnceAndAreToldInOrder() throws Exception {
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        try (Wal wal = Wal.open(storage, options())) {
            wal.addDurableListener(new DurableListener() {
                @Override
                public void onDurable(long durableLsn) {
                    told.add(durableLsn);
                }

                @Override
                public void onPoisoned(WalException cause) {}
            });
            List<CompletableFuture<Long>> appends = appendAll(wal);
            for (int i = 0; i <= WRITES; i++) {
                assertThat(appends.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(i);
            }
            assertThat(mostInFlight).hasValue(WRITES);
            assertThat(Logs.contents(wal)).hasSize(WRITES + 1);
        }
        assertThat(told).isSorted().last().isEqualTo(WRITES + 1L);
        assertThat(Logs.contents(Wal.open(FaultyStorage.of(disk.contents()), Logs.inline())))
                .containsExactly(payload(0), payload(1), payload(2), payload(3), payload(4));
    }

    @Test
    void oneThatFailsTakesThoseBehindItWithIt() throws Exception {
        failing = 2;
        Wal wal = Wal.open(storage, options());
        List<CompletableFuture<Long>> appends = appendAll(wal);
        for (int i = failing; i <= WRITES; i++) {
            CompletableFuture<Long> append = appends.get(i);
            assertThatThrownBy(() -> append.get(20, TimeUnit.SECONDS)).hasRootCauseMessage("planted");
        }
        assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
        assertThat(wal.durableLsn()).isLessThanOrEqualTo(failing);
        assertThat(Logs.contents(Wal.open(FaultyStorage.of(disk.contents()), Logs.inline())))
                .startsWith(payload(0));
    }
}
