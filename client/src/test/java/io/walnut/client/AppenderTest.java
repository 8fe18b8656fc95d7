package io.walnut.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walnut.client.FakeCluster.Fault;
import io.walnut.protocol.v1.AppendRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AppenderTest {
    private static final AppenderOptions SMALL = AppenderOptions.defaults().withBatchBytes(64);
    private static final AppenderOptions ONE_IN_FLIGHT =
            AppenderOptions.defaults().withMaxBatchesInFlight(1).withBatchBytes(40);

    private final FakeCluster cluster = new FakeCluster(3);
    private final Walnut client =
            cluster.client().deadline(Duration.ofSeconds(20)).build();

    @BeforeEach
    void create() {
        client.createLog("log");
    }

    @AfterEach
    void close() {
        client.close();
        cluster.close();
    }

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(i -> "record " + i).toList();
    }

    private void appendAll(List<String> values) {
        try (Appender appender = client.appender("log", SMALL)) {
            values.forEach(value -> appender.add(value.getBytes(UTF_8)));
            appender.flush();
            assertThat(appender.acknowledgedRecords()).isEqualTo(values.size());
            assertThat(appender.nextOffset()).isEqualTo(values.size());
        }
    }

    /** Every n-th append meets the fault. */
    private static Function<AppendRequest, Fault> every(int n, Fault fault) {
        AtomicInteger count = new AtomicInteger();
        return request -> count.incrementAndGet() % n == 0 ? fault : Fault.NONE;
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"NONE", "DROP_.*", "OVERLOADED", "NOT_LEADER", "OUTCOME_UNKNOWN_.*"},
            mode = EnumSource.Mode.MATCH_ANY)
    void whateverBreaksTheStreamEveryRecordIsThereOnceAndInOrder(Fault fault) {
        cluster.fault(every(7, fault));
        List<String> values = numbers(2_000);
        appendAll(values);
        assertThat(cluster.values("log")).isEqualTo(values);
    }

    @Test
    void faultsOfAllKindsInRandomOrderNeitherLoseNorDuplicate() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Fault[] faults = {
            Fault.DROP_AFTER_APPLY,
            Fault.DROP_BEFORE_APPLY,
            Fault.OVERLOADED,
            Fault.OUTCOME_UNKNOWN_AFTER_APPLY,
            Fault.OUTCOME_UNKNOWN_BEFORE_APPLY
        };
        cluster.fault(request -> {
            if (random.nextInt(10) > 0) {
                return Fault.NONE;
            }
            if (random.nextBoolean()) {
                cluster.leader("n" + (1 + random.nextInt(3)) + ":7420");
            }
            return faults[random.nextInt(faults.length)];
        });
        List<String> values = numbers(3_000);
        appendAll(values);
        assertThat(cluster.values("log")).as("seed %d", seed).isEqualTo(values);
    }

    @Test
    void aLeaderThatDiesInTheMiddleIsReplaced() throws Exception {
        List<String> values = numbers(3_000);
        try (Appender appender = client.appender("log", SMALL)) {
            for (int i = 0; i < values.size(); i++) {
                appender.add(values.get(i).getBytes(UTF_8));
                if (i == 1_000) {
                    cluster.leader("n2:7420");
                    cluster.kill("n1:7420");
                }
                if (i == 2_000) {
                    cluster.restart("n1:7420");
                    cluster.leader("n1:7420");
                    cluster.kill("n2:7420");
                }
            }
        }
        assertThat(cluster.values("log")).isEqualTo(values);
    }

    @Test
    void aNodeThatFallsSilentIsGivenUpAfterAnAttempt() {
        cluster.fault(every(5, Fault.NONE));
        AtomicInteger count = new AtomicInteger();
        cluster.fault(request -> count.incrementAndGet() == 5 ? Fault.SILENT : Fault.NONE);
        try (Walnut patient = cluster.client().deadline(Duration.ofSeconds(3)).build();
                Appender appender = patient.appender("log", SMALL)) {
            numbers(200).forEach(value -> appender.add(value.getBytes(UTF_8)));
        }
        assertThat(cluster.values("log")).isEqualTo(numbers(200));
    }

    @Test
    void afterARefusedBatchTheAppenderStopsAndTheRestIsNotAppended() {
        cluster.maxRecordBytes = 1_000;
        Appender appender = client.appender("log", SMALL);
        assertThatThrownBy(() -> {
                    appender.add(new byte[10]);
                    appender.flush();
                    appender.add(new byte[2_000]);
                    for (int i = 0; i < 100; i++) {
                        appender.add(new byte[100]);
                    }
                    appender.flush();
                })
                .isInstanceOf(WalnutException.RecordTooLarge.class);
        appender.close();
        assertThat(appender.acknowledgedRecords()).isEqualTo(1);
        assertThat(cluster.values("log")).hasSize(1);
    }

    @Test
    void anAddThatIsInterruptedIsNotAddedAndTakesNoOtherWithIt() throws Exception {
        AtomicBoolean full = stall(Fault.OVERLOADED);
        List<String> added = new CopyOnWriteArrayList<>();
        try (Appender appender = client.appender("log", ONE_IN_FLIGHT)) {
            add(appender, "first", added);
            add(appender, "of another thread", added);
            Blocked blocked = new Blocked(appender, added);

            blocked.interrupt();
            assertThat(blocked.failure()).isInstanceOf(WalnutException.Unavailable.class);
            full.set(false);
            add(appender, "last", added);
            appender.flush();
        }
        assertThat(cluster.values("log")).isEqualTo(added).contains("of another thread");
    }

    @Test
    void aCloseThatIsInterruptedEndsWhatIsInFlight() throws Exception {
        AtomicBoolean full = stall(Fault.OVERLOADED);
        Appender appender = client.appender("log", ONE_IN_FLIGHT);
        CompletableFuture<Appended> inFlight = appender.append(Record.of("first".getBytes(UTF_8)));
        appender.add("open".getBytes(UTF_8));
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread closer = new Thread(() -> thrown.complete(catchThrowable(appender::close)));
        closer.start();
        Await.until(() -> closer.getState() == Thread.State.TIMED_WAITING);

        closer.interrupt();
        assertThat(thrown.get(10, TimeUnit.SECONDS)).isInstanceOf(WalnutException.Unavailable.class);
        assertThat(catchThrowable(() -> inFlight.get(10, TimeUnit.SECONDS))).isInstanceOf(ExecutionException.class);
        full.set(false);
    }

    @Test
    void whileOneWaitsForRoomOthersLookAndEndIt() throws Exception {
        for (Consumer<Appender> end : List.<Consumer<Appender>>of(Appender::abort, this::closeInTheBackground)) {
            AtomicBoolean full = stall(Fault.SILENT);
            Appender appender = client.appender("log", ONE_IN_FLIGHT);
            Blocked blocked = new Blocked(appender, new CopyOnWriteArrayList<>());

            assertThat(CompletableFuture.supplyAsync(appender::settled))
                    .succeedsWithin(Duration.ofSeconds(2))
                    .isEqualTo(false);
            end.accept(appender);
            assertThat(blocked.failure()).isInstanceOf(IllegalStateException.class);
            full.set(false);
            appender.abort();
        }
    }

    private void closeInTheBackground(Appender appender) {
        CompletableFuture<Void> unused = CompletableFuture.runAsync(appender::close);
    }

    @Test
    void aFlushWaitsForWhatWasAddedBeforeItAndNotForWhatOthersAddMeanwhile() throws Exception {
        CountDownLatch otherAdded = new CountDownLatch(1);
        cluster.fault(request -> {
            awaitQuietly(otherAdded);
            return request.getBatch().getRecords().toStringUtf8().contains("later") ? Fault.SILENT : Fault.NONE;
        });
        Appender appender = client.appender("log");
        appender.add("added".getBytes(UTF_8));
        CompletableFuture<Throwable> flushed = new CompletableFuture<>();
        Thread flusher = new Thread(() -> flushed.complete(catchThrowable(appender::flush)));
        flusher.start();
        Await.until(() -> flusher.getState() == Thread.State.WAITING);
        CompletableFuture<Appended> later = appender.append(Record.of("later".getBytes(UTF_8)));
        otherAdded.countDown();

        assertThat(flushed).succeedsWithin(Duration.ofSeconds(4)).isNull();
        assertThat(cluster.values("log")).containsExactly("added");
        assertThat(later).isNotDone();
        appender.abort();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** No append gets through until this is set to false. */
    private AtomicBoolean stall(Fault fault) {
        AtomicBoolean stalled = new AtomicBoolean(true);
        cluster.fault(request -> stalled.get() ? fault : Fault.NONE);
        return stalled;
    }

    private static void add(Appender appender, String value, List<String> added) {
        appender.add(value.getBytes(UTF_8));
        added.add(value);
    }

    /** A thread that adds until there is no room, and waits for some. */
    private static final class Blocked {
        private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        private final Thread thread;

        Blocked(Appender appender, List<String> added) throws Exception {
            thread = new Thread(() -> failure.complete(catchThrowable(() -> {
                for (int i = 0; ; i++) {
                    add(appender, "large enough to fill a batch of this appender: " + i, added);
                }
            })));
            thread.start();
            Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        }

        void interrupt() {
            thread.interrupt();
        }

        Throwable failure() throws Exception {
            return failure.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void aSingleAppendThatIsRefusedDoesNotTakeTheOthersWithIt() {
        cluster.maxRecordBytes = 1_000;
        List<CompletableFuture<Appended>> good = new ArrayList<>();
        List<CompletableFuture<Appended>> bad = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            if (i % 10 == 3) {
                bad.add(client.appendAsync("log", Record.of(new byte[2_000])));
            } else {
                good.add(client.appendAsync("log", Record.of(("record " + i).getBytes(UTF_8))));
            }
        }
        good.forEach(CompletableFuture::join);
        for (CompletableFuture<Appended> future : bad) {
            assertThatThrownBy(future::join).hasCauseInstanceOf(WalnutException.RecordTooLarge.class);
        }
        assertThat(cluster.values("log")).hasSize(good.size()).doesNotHaveDuplicates();
        assertThat(good.stream().map(future -> future.join().firstOffset())).isSorted();
    }

    @Test
    void aResponseThatIsLostAfterTheApplyIsResolvedByTheRetry() {
        AtomicInteger count = new AtomicInteger();
        cluster.fault(request -> count.incrementAndGet() == 1 ? Fault.DROP_AFTER_APPLY : Fault.NONE);
        Appended appended = client.append("log", Record.of("once".getBytes(UTF_8)));
        assertThat(appended.duplicate()).isTrue();
        assertThat(appended.firstOffset()).isZero();
        assertThat(cluster.values("log")).containsExactly("once");
    }

    @Test
    void aSentBatchWithoutAnswerHasAnUnknownOutcomeAtTheDeadline() {
        cluster.fault(request -> Fault.SILENT);
        try (Walnut hasty = cluster.client().deadline(Duration.ofMillis(400)).build()) {
            assertThatThrownBy(() -> hasty.append("log", Record.of(new byte[1])))
                    .isInstanceOfSatisfying(
                            WalnutException.OutcomeUnknown.class,
                            failure -> assertThat(failure.mayHaveBeenApplied()).isTrue());
            cluster.fault(request -> Fault.NONE);
            hasty.append("log", Record.of("after".getBytes(UTF_8)));
        }
        assertThat(cluster.values("log")).endsWith("after");
    }

    @Test
    void aClusterThatIsOverloadedToTheEndSaysThatNothingWasApplied() {
        cluster.fault(request -> Fault.OVERLOADED);
        try (Walnut hasty = cluster.client().deadline(Duration.ofMillis(400)).build()) {
            assertThatThrownBy(() -> hasty.append("log", Record.of(new byte[1])))
                    .isInstanceOfSatisfying(WalnutException.Overloaded.class, failure -> {
                        assertThat(failure.mayHaveBeenApplied()).isFalse();
                        assertThat(failure.retryable()).isTrue();
                    });
        }
        assertThat(cluster.values("log")).isEmpty();
    }

    @Test
    void aLogThatIsMadeAnewTakesTheNextAppendOfTheSameClient() {
        client.append("log", Record.of("old".getBytes(UTF_8)));
        client.delete("log");
        client.createLog("log");
        assertThat(client.append("log", Record.of("new".getBytes(UTF_8))).firstOffset())
                .isZero();
        assertThat(cluster.values("log")).containsExactly("new");
    }

    @Test
    void manyThreadsShareOneClient() throws Exception {
        cluster.fault(every(50, Fault.DROP_AFTER_APPLY));
        List<Thread> threads = new ArrayList<>();
        AtomicInteger acknowledged = new AtomicInteger();
        for (int t = 0; t < 4; t++) {
            int writer = t;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 100; i++) {
                    client.append("log", Record.of((writer + " " + i).getBytes(UTF_8)));
                    acknowledged.incrementAndGet();
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(acknowledged).hasValue(400);
        assertThat(cluster.values("log")).hasSize(400).doesNotHaveDuplicates();
    }

    @Test
    void unknownAndSealedLogsAreNamed() {
        assertThatThrownBy(() -> client.append("none", Record.of(new byte[1])))
                .isInstanceOf(WalnutException.LogNotFound.class)
                .hasMessageContaining("none");
        client.seal("log");
        assertThatThrownBy(() -> client.append("log", Record.of(new byte[1])))
                .isInstanceOf(WalnutException.LogSealed.class);
    }
}
