package io.walnut.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.walnut.client.AppendPipeline.AfterFailure;
import io.walnut.client.FakeCluster.Fault;
import io.walnut.protocol.v1.EncodedBatch;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of the batches behind one that ends badly: by its deadline, by a refusal, with its stream. */
class AppendPipelineTest {
    private static final String NODE = "n1:7420";

    private final FakeCluster cluster = new FakeCluster(1);
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Transport transport = new Transport(cluster::channel);
    private final AppendPipeline pipeline = new AppendPipeline(
            "log",
            transport,
            new Router(List.of(NODE)),
            timer,
            AppenderOptions.defaults(),
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            AfterFailure.CONTINUE);

    @BeforeEach
    void create() {
        try (Walnut client = cluster.client().build()) {
            client.createLog("log");
        }
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(pipeline::tick, 5, 5, TimeUnit.MILLISECONDS);
    }

    @AfterEach
    void close() {
        pipeline.close();
        timer.shutdownNow();
        transport.close();
        cluster.close();
    }

    @Test
    void aBatchThatExpiresBehindOneOfUnknownOutcomeDoesNotMakeThatOneADuplicate() throws Exception {
        AtomicInteger appends = new AtomicInteger();
        cluster.fault(request -> appends.getAndIncrement() == 0 ? Fault.DROP_AFTER_APPLY : Fault.SILENT);
        CompletableFuture<Appended> first = submit("first", Duration.ofSeconds(20));
        while (appends.get() < 2) {
            Thread.onSpinWait();
        }
        cluster.kill(NODE);
        cluster.fault(request -> Fault.NONE);
        CompletableFuture<Appended> second = submit("second", Duration.ofMillis(300));
        WalnutException failure = failure(second);

        cluster.restart(NODE);
        assertThat(first.get(10, TimeUnit.SECONDS).firstOffset()).isZero();
        Await.until(pipeline::isIdle);
        assertThat(cluster.values("log")).startsWith("first").containsOnlyOnce("first");
        if (cluster.values("log").contains("second")) {
            assertThat(failure.mayHaveBeenApplied()).isTrue();
        }
    }

    @Test
    void whatStandsBehindARefusedBatchOfUnknownOutcomeIsNotAppendedTwice() throws Exception {
        submit("zero").get(10, TimeUnit.SECONDS);
        AtomicInteger appends = new AtomicInteger();
        cluster.fault(request -> switch (appends.incrementAndGet()) {
            case 1 -> Fault.NO_ANSWER_AFTER_APPLY;
            case 2 -> Fault.DROP_AFTER_APPLY;
            case 3 -> {
                // The answers are lost, and so is the memory by which the retry would have been known.
                cluster.forgetProducers("log");
                yield Fault.NONE;
            }
            default -> Fault.NONE;
        });
        CompletableFuture<Appended> first = submit("first");
        CompletableFuture<Appended> second = submit("second");

        assertThat(failure(first)).isInstanceOf(WalnutException.OutOfSequence.class);
        assertThat(failure(first).mayHaveBeenApplied()).isTrue();
        assertThat(failure(second)).isInstanceOf(WalnutException.OutcomeUnknown.class);
        submit("after").get(10, TimeUnit.SECONDS);
        assertThat(cluster.values("log")).containsExactly("zero", "first", "second", "after");
    }

    @Test
    void whatStandsBehindARefusalThatMayHaveBeenAppliedIsNotAppendedTwice() throws Exception {
        AtomicInteger appends = new AtomicInteger();
        cluster.fault(request -> switch (appends.incrementAndGet()) {
            case 1 -> Fault.NO_ANSWER_AFTER_APPLY;
            case 2 -> Fault.INTERNAL_AFTER_APPLY;
            default -> Fault.NONE;
        });
        CompletableFuture<Appended> first = submit("first");
        CompletableFuture<Appended> second = submit("second");

        assertThat(failure(first)).isInstanceOf(WalnutException.Internal.class);
        assertThat(failure(second)).isInstanceOf(WalnutException.OutcomeUnknown.class);
        submit("after").get(10, TimeUnit.SECONDS);
        assertThat(cluster.values("log")).containsExactly("first", "second", "after");
    }

    @Test
    void whatStandsBehindABatchThatIsCertainlyNotAppliedGoesOnThoughAnEarlierAttemptOfItIsInDoubt() throws Exception {
        cluster.limitRecords(100);
        AtomicInteger appends = new AtomicInteger();
        // The refusal of the first attempt breaks the stream, with the second batch in flight.
        cluster.fault(request -> switch (appends.incrementAndGet()) {
            case 1 -> Fault.SAY_NOTHING;
            case 2 -> Fault.OVERLOADED;
            default -> Fault.NONE;
        });
        CompletableFuture<Appended> first = submit("x".repeat(200));
        CompletableFuture<Appended> second = submit("second");

        assertThat(failure(first)).isInstanceOf(WalnutException.RecordTooLarge.class);
        assertThat(failure(first).mayHaveBeenApplied()).isFalse();
        second.get(10, TimeUnit.SECONDS);
        assertThat(cluster.values("log")).containsExactly("second");
    }

    @Test
    void whatWasInFlightOnAStreamThatEndedForGoodHasAnUnknownOutcome() {
        AtomicInteger appends = new AtomicInteger();
        cluster.fault(request -> appends.incrementAndGet() == 1 ? Fault.NO_ANSWER_AFTER_APPLY : Fault.END_AFTER_APPLY);
        CompletableFuture<Appended> first = submit("first");
        CompletableFuture<Appended> second = submit("second");

        assertThat(failure(first).mayHaveBeenApplied()).isTrue();
        assertThat(failure(second)).isInstanceOf(WalnutException.OutcomeUnknown.class);
        assertThat(cluster.values("log")).containsExactly("first", "second");
    }

    private static WalnutException failure(CompletableFuture<Appended> future) {
        ExecutionException failed =
                catchThrowableOfType(ExecutionException.class, () -> future.get(10, TimeUnit.SECONDS));
        return (WalnutException) Objects.requireNonNull(failed.getCause());
    }

    private CompletableFuture<Appended> submit(String value) {
        return submit(value, Duration.ofSeconds(20));
    }

    private CompletableFuture<Appended> submit(String value, Duration deadline) {
        BatchEncoder encoder = new BatchEncoder(64);
        encoder.add(Record.of(value.getBytes(UTF_8)));
        EncodedBatch batch = encoder.finish();
        return Objects.requireNonNull(pipeline.submit(batch, Deadline.in(deadline)));
    }
}
