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

/** What a pipeline does with batches whose deadlines pass in another order than that of the batches. */
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
        ExecutionException expired =
                catchThrowableOfType(ExecutionException.class, () -> second.get(10, TimeUnit.SECONDS));
        WalnutException failure = (WalnutException) Objects.requireNonNull(expired.getCause());

        cluster.restart(NODE);
        assertThat(first.get(10, TimeUnit.SECONDS).firstOffset()).isZero();
        pipeline.awaitIdle();
        assertThat(cluster.values("log")).startsWith("first").containsOnlyOnce("first");
        if (cluster.values("log").contains("second")) {
            assertThat(failure.mayHaveBeenApplied()).isTrue();
        }
    }

    private CompletableFuture<Appended> submit(String value, Duration deadline) {
        BatchEncoder encoder = new BatchEncoder(64);
        encoder.add(Record.of(value.getBytes(UTF_8)));
        EncodedBatch batch = encoder.finish();
        return Objects.requireNonNull(pipeline.submit(batch, Deadline.in(deadline)));
    }
}
