package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a listener may do, and what it may rely on. */
@Timeout(30)
class WalListenerTest {
    private final FaultyStorage storage = new FaultyStorage();

    private static WalOptions options(BackgroundWork work) {
        return work == BackgroundWork.INLINE ? Logs.inline() : Logs.threads();
    }

    private static DurableListener listener(LongConsumer onDurable, Consumer<WalException> onPoisoned) {
        return new DurableListener() {
            @Override
            public void onDurable(long durableLsn) {
                onDurable.accept(durableLsn);
            }

            @Override
            public void onPoisoned(WalException cause) {
                onPoisoned.accept(cause);
            }
        };
    }

    private static void unchecked(Wal wal, String payload) {
        try {
            wal.append(Logs.batch(payload));
        } catch (WalException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void mayAppend(BackgroundWork work) throws Exception {
        List<Long> heard = Collections.synchronizedList(new ArrayList<>());
        try (Wal wal = Wal.open(storage, options(work))) {
            wal.addDurableListener(listener(
                    lsn -> {
                        heard.add(lsn);
                        if (lsn < 5) {
                            unchecked(wal, "by the listener");
                        }
                    },
                    cause -> {}));
            assertThat(wal.append(Logs.batch("by the caller"))).isZero();
            assertThat(wal.endLsn()).isEqualTo(5);
        }
        assertThat(heard).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    @SuppressWarnings("NullAway") // that is what is tried
    void nobodyIsNoListener() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.inline())) {
            assertThatThrownBy(() -> wal.addDurableListener(null)).isInstanceOf(NullPointerException.class);
        }
    }

    @Test
    void thatThrowsDoesNotStopTheLog() throws Exception {
        CountDownLatch heard = new CountDownLatch(3);
        try (Wal wal = Wal.open(storage, Logs.threads())) {
            wal.addDurableListener(listener(
                    lsn -> {
                        throw new IllegalStateException("planted");
                    },
                    cause -> {}));
            wal.addDurableListener(listener(lsn -> heard.countDown(), cause -> {}));
            for (int i = 0; i < 3; i++) {
                wal.enqueue(Logs.batch("r" + i));
                long lsn = i;
                Logs.await("the log's own thread has synced", () -> wal.durableLsn() > lsn);
            }
            assertThat(heard.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(wal.append(Logs.batch("more"))).isEqualTo(3);
        }
    }

    @Test
    void hearsInOrderOneCallAtATimeWhoeverSyncs() throws Exception {
        List<Long> heard = new ArrayList<>();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (Wal wal = Wal.open(storage, Logs.threads())) {
            wal.addDurableListener(listener(
                    lsn -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        heard.add(lsn);
                        inside.decrementAndGet();
                    },
                    cause -> {}));
            try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
                List<Future<?>> appends = new ArrayList<>();
                for (int i = 0; i < 400; i++) {
                    appends.add(pool.submit(() -> wal.append(Logs.batch("x"))));
                }
                for (Future<?> append : appends) {
                    append.get();
                }
            }
        }
        assertThat(heard).isSorted().doesNotHaveDuplicates().endsWith(400L);
        assertThat(most).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void hearsOnceOfThePoisonHoldingNothing(BackgroundWork work) throws Exception {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean free = new AtomicBoolean();
        Wal wal = Wal.open(storage, options(work));
        wal.append(Logs.batch("good"));
        wal.addDurableListener(listener(lsn -> heard.add("durable"), cause -> {
            heard.add("poisoned");
            try (ExecutorService other = Executors.newSingleThreadExecutor()) {
                free.set(other.submit(wal::endLsn).get(10, TimeUnit.SECONDS) == 2);
                wal.close();
            } catch (WalPoisonedException e) {
                heard.add("closed");
            } catch (Exception e) {
                heard.add(e.toString());
            }
        }));
        storage.refuse((_, kind, name) -> {
            if (kind == Kind.SYNC && name.endsWith(".seg")) {
                throw new IOException("planted");
            }
        });
        assertThatThrownBy(() -> wal.append(Logs.batch("bad"))).isInstanceOf(WalPoisonedException.class);
        assertThatThrownBy(() -> wal.append(Logs.batch("bad"))).isInstanceOf(WalException.class);
        wal.close();
        assertThat(heard).containsExactly("poisoned", "closed");
        assertThat(free).isTrue();
    }

    @Test
    void isNotCalledWithAnOldNumberAfterATruncationHasReturned() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean left = new AtomicBoolean();
        try (Wal wal = Wal.open(storage, Logs.threads());
                ExecutorService pool = Executors.newFixedThreadPool(2)) {
            wal.addDurableListener(listener(
                    lsn -> {
                        if (lsn == 3) {
                            inside.countDown();
                            try {
                                go.await();
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                            left.set(true);
                        }
                    },
                    cause -> {}));
            Future<?> append = pool.submit(() -> wal.append(Logs.batch("0", "1", "2")));
            inside.await();
            assertThat(wal.append(Logs.batch("3")))
                    .as("appends do not wait for a listener")
                    .isEqualTo(3);
            Future<Boolean> truncation = pool.submit(() -> {
                wal.truncateAfter(0);
                return left.get();
            });
            go.countDown();
            assertThat(truncation.get()).isTrue();
            append.get();
        }
    }
}
