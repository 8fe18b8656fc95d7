package io.walnut.node.append;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.node.append.AppendRefusedException.Reason;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // some appends are there only to take room
class AppendBatcherTest {
    private static final int OVERHEAD = Command.ITEM_OVERHEAD_BYTES;

    private final AtomicLong now = new AtomicLong();
    private final FakeLog log = new FakeLog();
    private AppendBatcher<Long> batcher = batcher(new AppendBatcher.Bounds(2, 1000, 2000));

    /** Keeps what it is given until the test ends the entry; the result of a batch is its sequence. */
    private static final class FakeLog implements EntryLog<Long> {
        final List<List<AppendItem>> entries = new CopyOnWriteArrayList<>();
        final List<CompletableFuture<List<Long>>> futures = new CopyOnWriteArrayList<>();

        @Override
        public CompletableFuture<List<Long>> append(List<AppendItem> batches) {
            CompletableFuture<List<Long>> future = new CompletableFuture<>();
            futures.add(future);
            entries.add(batches);
            return future;
        }

        void apply(int entry) {
            futures.get(entry)
                    .complete(entries.get(entry).stream()
                            .map(AppendItem::sequence)
                            .toList());
        }

        List<Long> sequences(int entry) {
            return entries.get(entry).stream().map(AppendItem::sequence).toList();
        }
    }

    private AppendBatcher<Long> batcher(AppendBatcher.Bounds bounds) {
        return new AppendBatcher<>(log, bounds, new NodeMetrics(), now::get);
    }

    private static AppendItem batch(long sequence, int bytes) {
        return new AppendItem(1, 1, 0, sequence, 1, 0, ByteBuffer.allocate(bytes));
    }

    private CompletableFuture<Long> append(long sequence, int bytes) {
        return batcher.append(
                batch(sequence, bytes), now.get() + Duration.ofSeconds(1).toNanos(), () -> {});
    }

    private void awaitEntries(int count) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (log.entries.size() < count) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static Reason refusal(CompletableFuture<?> answer) {
        try {
            answer.orTimeout(10, TimeUnit.SECONDS).join();
            throw new AssertionError("was not refused");
        } catch (CompletionException e) {
            assertThat(e).hasCauseInstanceOf(AppendRefusedException.class);
            return ((AppendRefusedException) Objects.requireNonNull(e.getCause())).reason();
        }
    }

    @AfterEach
    void close() {
        batcher.close();
    }

    @Test
    void loneAppendGoesAtOnceInTheCallersThread() {
        CompletableFuture<Long> answer = append(7, 10);

        assertThat(log.entries).hasSize(1);
        log.apply(0);
        assertThat(answer).isCompletedWithValue(7L);
    }

    @Test
    void whatArrivesWhileAllEntriesAreInFlightBecomesOneEntryInOrder() throws Exception {
        List<CompletableFuture<Long>> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            answers.add(append(i, 10));
        }

        assertThat(log.entries).hasSize(2);
        log.apply(0);
        awaitEntries(3);
        assertThat(log.sequences(2)).containsExactly(2L, 3L, 4L, 5L);
        log.apply(1);
        log.apply(2);
        for (int i = 0; i < 6; i++) {
            assertThat(answers.get(i)).isCompletedWithValue((long) i);
        }
    }

    @Test
    void entryStaysUnderItsSize() throws Exception {
        for (int i = 0; i < 5; i++) {
            append(i, 400 - OVERHEAD);
        }

        log.apply(0);
        awaitEntries(3);
        assertThat(log.sequences(2)).containsExactly(2L, 3L);
    }

    @Test
    void batchBeyondTheBudgetWaitsUnadmittedAndThenMoreIsRefused() throws Exception {
        batcher.close();
        batcher = batcher(new AppendBatcher.Bounds(1, 1000, 1000));
        AtomicInteger admitted = new AtomicInteger();
        append(0, 1000 - OVERHEAD);
        CompletableFuture<Long> second =
                batcher.append(batch(1, 900), now.get() + TimeUnit.SECONDS.toNanos(1), admitted::incrementAndGet);

        assertThat(admitted).hasValue(0);
        assertThat(refusal(append(2, 500))).isEqualTo(Reason.OVERLOADED);

        log.apply(0);
        assertThat(admitted).hasValue(1);
        awaitEntries(2);
        log.apply(1);
        assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(1L);
        assertThat(batcher.inFlightBytes()).isZero();
    }

    @Test
    void deadlineSaysWhetherTheBatchHadEnteredTheLog() {
        batcher.close();
        batcher = batcher(new AppendBatcher.Bounds(1, 1000, 1000));
        CompletableFuture<Long> sent = append(0, 10);
        CompletableFuture<Long> gathered = append(1, 10);
        CompletableFuture<Long> waiting = append(2, 900);

        now.addAndGet(TimeUnit.SECONDS.toNanos(2));

        assertThat(refusal(sent)).isEqualTo(Reason.OUTCOME_UNKNOWN);
        assertThat(refusal(gathered)).isEqualTo(Reason.NOT_SENT_IN_TIME);
        assertThat(refusal(waiting)).isEqualTo(Reason.OVERLOADED);
        log.apply(0);
        assertThat(batcher.inFlightBytes()).isZero();
        assertThat(log.entries).hasSize(1);
    }

    @Test
    void failureOfAnEntryFailsItsBatchesOnly() throws Exception {
        CompletableFuture<Long> first = append(0, 10);
        CompletableFuture<Long> second = append(1, 10);

        log.futures.get(0).completeExceptionally(new IllegalStateException("no leader"));
        log.apply(1);

        assertThatThrownBy(first::join).hasRootCauseMessage("no leader");
        assertThat(second).isCompletedWithValue(1L);
    }

    @Test
    void drainTakesNoMoreAndWaitsForWhatWasTaken() throws Exception {
        CompletableFuture<Long> taken = append(0, 10);

        assertThat(batcher.drain(Duration.ofMillis(1))).isFalse();
        assertThat(refusal(append(1, 10))).isEqualTo(Reason.STOPPING);
        log.apply(0);
        assertThat(batcher.drain(Duration.ofSeconds(1))).isTrue();
        assertThat(taken).isCompletedWithValue(0L);
    }

    @Test
    void closeRefusesWhatWasNotSent() {
        append(0, 10);
        append(1, 10);
        CompletableFuture<Long> gathered = append(2, 10);

        batcher.close();

        assertThat(refusal(gathered)).isEqualTo(Reason.STOPPING);
    }

    @Test
    void orderPerThreadIsKeptUnderContention() throws Exception {
        batcher.close();
        int threads = 8;
        int each = 2_000;
        List<List<AppendItem>> entries = new ArrayList<>();
        AppendBatcher<Long> contended = new AppendBatcher<>(
                batches -> {
                    entries.add(batches); // one thread at a time, or this list breaks
                    List<Long> results =
                            batches.stream().map(AppendItem::sequence).toList();
                    return ThreadLocalRandom.current().nextBoolean()
                            ? CompletableFuture.completedFuture(results)
                            : CompletableFuture.supplyAsync(() -> results);
                },
                new AppendBatcher.Bounds(4, 64 * 1024, 1 << 20),
                new NodeMetrics());
        CountDownLatch answered = new CountDownLatch(threads * each);
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            long logId = t;
            running.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; i < each; i++) {
                    contended
                            .append(
                                    new AppendItem(logId, 0, 0, i, 1, 0, ByteBuffer.allocate(16)),
                                    System.nanoTime() + TimeUnit.SECONDS.toNanos(60),
                                    () -> {})
                            .thenRun(answered::countDown);
                }
            }));
        }
        for (Thread thread : running) {
            thread.join();
        }

        assertThat(answered.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(contended.drain(Duration.ofSeconds(10))).isTrue();
        contended.close();
        for (int t = 0; t < threads; t++) {
            long logId = t;
            List<Long> sequences = entries.stream()
                    .flatMap(List::stream)
                    .filter(batch -> batch.logId() == logId)
                    .map(AppendItem::sequence)
                    .toList();
            assertThat(sequences).hasSize(each).isSorted();
        }
    }
}
