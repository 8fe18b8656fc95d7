package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several segments fed at once, against what was appended. */
class ReplayTest {
    private final List<String> model = new ArrayList<>(); // by LSN
    private Wal wal;

    @BeforeEach
    void fill() throws Exception {
        wal = Wal.open(new FaultyStorage(), Logs.inline());
        Random random = new Random(11);
        for (int i = 0; i < 300; i++) {
            String[] batch = new String[1 + random.nextInt(4)];
            for (int j = 0; j < batch.length; j++) {
                batch[j] = "x".repeat(random.nextInt(1500)) + model.size();
                model.add(batch[j]);
            }
            wal.append(Logs.batch(batch));
            if (i % 60 == 59) {
                wal.truncateAfter(wal.endLsn() - 4);
                model.subList((int) wal.endLsn(), model.size()).clear();
            }
        }
        wal.trimBefore(30);
        assertThat(wal.stats().segments()).isGreaterThan(10);
    }

    @AfterEach
    void close() throws Exception {
        wal.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 100})
    void eachSegmentInOrderAndInOneThreadAllOfThemTogetherTheLog(int threads) throws Exception {
        Random random = new Random(threads);
        for (int round = 0; round < 10; round++) {
            long from = round == 0 ? 30 : 30 + random.nextInt(model.size() - 30);
            long to = round == 0 ? model.size() : from + random.nextInt((int) (model.size() - from + 1));
            var replayed = new ConcurrentSkipListMap<Long, String>();
            Set<LsnRange> ended = ConcurrentHashMap.newKeySet();
            wal.replay(from, to, threads, range -> new SegmentConsumer() {
                private final Thread thread = Thread.currentThread();
                private long next = range.from();

                @Override
                public void accept(RecordView record) {
                    assertThat(Thread.currentThread()).isEqualTo(thread);
                    assertThat(record.lsn()).isEqualTo(next++);
                    assertThat(replayed.put(record.lsn(), Logs.text(record.record())))
                            .isNull();
                }

                @Override
                public void end() {
                    assertThat(next).isEqualTo(range.to());
                    ended.add(range);
                }
            });
            assertThat(replayed.values()).containsExactlyElementsOf(model.subList((int) from, (int) to));
            assertThat(ended.stream()
                            .mapToLong(range -> range.to() - range.from())
                            .sum())
                    .isEqualTo(to - from);
        }
    }

    @Test
    void severalSegmentsAreUnderWayAtOnce() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        wal.replay(30, model.size(), 2, range -> {
            both.countDown();
            return record -> await(both);
        });
        assertThat(both.getCount()).isZero();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theFirstFailureStopsAll() {
        AtomicInteger begun = new AtomicInteger();
        List<Long> ended = Collections.synchronizedList(new ArrayList<>());
        assertThatThrownBy(() -> wal.replay(30, model.size(), 2, range -> new SegmentConsumer() {
                    private final int number = begun.incrementAndGet();

                    @Override
                    public void accept(RecordView record) {
                        if (number == 3) {
                            throw new IllegalStateException("planted");
                        }
                        if (number > 3) {
                            untilInterrupted();
                        }
                    }

                    @Override
                    public void end() {
                        ended.add(range.from());
                    }
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("planted");
        // Of the two threads one has failed, and the other had begun one more at most, which is not interrupted in its
        // end().
        assertThat(begun.get()).isLessThanOrEqualTo(4);
        assertThat(ended).hasSizeLessThanOrEqualTo(3);
    }

    /** Waits as a consumer would that hands its records on; forever, where nobody tells it to stop. */
    private static void untilInterrupted() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anInterruptStopsAll() {
        Thread caller = Thread.currentThread();
        AtomicInteger begun = new AtomicInteger();
        assertThatThrownBy(() -> wal.replay(30, model.size(), 1, range -> {
                    begun.incrementAndGet();
                    return record -> {
                        caller.interrupt();
                        while (!Thread.currentThread().isInterrupted()) {
                            Thread.onSpinWait();
                        }
                    };
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(begun).hasValue(1);
    }

    @Test
    void whatIsNotThereIsRefused() {
        assertThatThrownBy(() -> wal.replay(29, 40, 1, range -> record -> {})).isInstanceOf(WalTrimmedException.class);
        assertThatThrownBy(() -> wal.replay(30, model.size() + 1, 1, range -> record -> {}))
                .isInstanceOf(WalRangeException.class);
        assertThatThrownBy(() -> wal.replay(40, 39, 1, range -> record -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> wal.replay(40, 41, 0, range -> record -> {}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsCutAwayMeanwhileIsMissed() {
        assertThatThrownBy(() -> wal.replay(30, model.size(), 1, range -> record -> {
                    if (record.lsn() == 50) {
                        wal.truncateAfter(100);
                    }
                }))
                .isInstanceOf(WalRangeException.class);
    }
}
