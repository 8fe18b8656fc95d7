package io.walnut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.walnut.client.FakeCluster.Fault;
import io.walnut.protocol.v1.LogServiceGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was refused up to the deadline has not been applied: no attempt is begun so late that its answer could be missed. */
class LastAttemptTest {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    /** A back-off is 400 ms at most: of attempts that go on up to the deadline, some begin later than this. */
    private static final Duration TOO_LATE = Duration.ofMillis(150);

    private static final int CALLS = 30;

    private final FakeCluster cluster = new FakeCluster(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aChangeThatIsRefusedUpToTheDeadlineIsNotBegunAgainTooLate() throws Exception {
        cluster.leader("");
        Queue<Long> left = new ConcurrentLinkedQueue<>();
        ExecutorService threads = Executors.newFixedThreadPool(CALLS);
        try (Walnut client = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(DEADLINE)
                .channels(endpoint -> timed(endpoint, left))
                .build()) {
            List<CompletableFuture<Void>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                String log = "log" + i;
                calls.add(CompletableFuture.runAsync(() -> client.createLog(log), threads));
            }
            calls.forEach(call -> assertThat(failure(call).mayHaveBeenApplied()).isFalse());
        } finally {
            threads.shutdownNow();
        }
        assertThat(left).hasSizeGreaterThan(CALLS).allMatch(nanos -> nanos > TOO_LATE.toNanos());
    }

    @Test
    void anAppendThatIsRefusedUpToTheDeadlineIsNotSentAgainTooLate() {
        try (Walnut client = cluster.client().deadline(DEADLINE).build()) {
            for (int i = 0; i < CALLS; i++) {
                client.createLog("log" + i);
            }
            Deadline end = Deadline.in(DEADLINE);
            cluster.fault(request -> end.remainingNanos() < TOO_LATE.toNanos() ? Fault.SILENT : Fault.OVERLOADED);
            List<CompletableFuture<Appended>> appends = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                appends.add(client.appendAsync("log" + i, Record.of(new byte[1])));
            }
            appends.forEach(append -> assertThat(failure(append)).isInstanceOf(WalnutException.Overloaded.class));
        }
    }

    private ManagedChannel timed(String endpoint, Queue<Long> left) {
        ClientInterceptor times = new ClientInterceptor() {
            @Override
            public <Q, R> ClientCall<Q, R> interceptCall(
                    MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
                if (method == (Object) LogServiceGrpc.getCreateLogMethod()) {
                    left.add(Objects.requireNonNull(options.getDeadline()).timeRemaining(TimeUnit.NANOSECONDS));
                }
                return next.newCall(method, options);
            }
        };
        return InProcessChannelBuilder.forName(cluster.address(endpoint))
                .disableRetry()
                .intercept(times)
                .build();
    }

    private static WalnutException failure(CompletableFuture<?> call) {
        try {
            call.get(2 * DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof WalnutException failure) {
                return failure;
            }
            throw new AssertionError(e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("done");
    }
}
