package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The background poisons the log while the log's own thread is giving a write to the disk: everybody hears of it. */
@Timeout(60)
class PoisonedWhileWritingTest {
    private final FaultyStorage disk = new FaultyStorage();
    private final CountDownLatch giving = new CountDownLatch(1);
    private final CountDownLatch poisoned = new CountDownLatch(1);
    private final CountDownLatch told = new CountDownLatch(1);
    private final Map<String, Integer> writes = new ConcurrentHashMap<>();

    /** Its segments cannot be sealed; that turns out when the second write of the next one is being given to the disk. */
    private final class Unsealable extends ForwardingStorage {
        Unsealable() {
            super(disk);
        }

        private final class Named extends ForwardingFile {
            private final String name;

            Named(String name, StorageFile inner) {
                super(inner);
                this.name = name;
            }

            StorageFile inner() {
                return file();
            }

            @Override
            public void sync() throws IOException {
                if (writes.containsKey(name)) {
                    awaitLatch(giving);
                    throw new IOException("planted");
                }
                super.sync();
            }
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new Named(name, file);
        }

        @Override
        public DurableWrites durableWrites(int depth) throws IOException {
            DurableWrites inner = disk.durableWrites(depth);
            return new DurableWrites() {
                @Override
                public void submit(StorageFile file, ByteBuffer source, long position, int token) throws IOException {
                    Named named = (Named) file;
                    if (writes.merge(named.name, 1, Integer::sum) == 2 && writes.size() == 2) {
                        giving.countDown();
                        awaitLatch(poisoned);
                    }
                    inner.submit(named.inner(), source, position, token);
                }

                @Override
                public int await() throws IOException {
                    return inner.await();
                }

                @Override
                public boolean ready() {
                    return inner.ready();
                }

                @Override
                public int inFlight() {
                    return inner.inFlight();
                }

                @Override
                public void close() throws IOException {
                    inner.close();
                }
            };
        }
    }

    private static void awaitLatch(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new IOException("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void whoeverWaitsForAnAppendHearsOfIt() throws Exception {
        WalObserver observer = new WalObserver() {
            @Override
            public void poisoned(WalException cause) {
                poisoned.countDown();
            }
        };
        Wal wal = Wal.open(new Unsealable(), Logs.threads().withObserver(observer));
        wal.addDurableListener(new DurableListener() {
            @Override
            public void onDurable(long durableLsn) {}

            @Override
            public void onPoisoned(WalException cause) {
                told.countDown();
            }
        });
        while (writes.size() < 2) {
            append(wal).get(20, TimeUnit.SECONDS);
        }
        CompletableFuture<Long> append = append(wal);
        awaitLatch(told);
        assertThatThrownBy(() -> append.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(WalPoisonedException.class);
        assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
    }

    private static CompletableFuture<Long> append(Wal wal) throws WalException {
        return wal.appendAsync(Logs.batch("x".repeat(5_000)), Acknowledge.DURABLE);
    }
}
