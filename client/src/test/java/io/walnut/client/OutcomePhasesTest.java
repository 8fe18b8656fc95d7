package io.walnut.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.client.FakeCluster.Fault;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What a caller is told of an append that failed, for each code of the protocol and each phase that it can fail in: certain that it
 * is not there, or not. Who keeps a history of calls (walnut chaos) asks nothing else.
 */
class OutcomePhasesTest {
    private static final String LOG = "log";
    private static final Duration DEADLINE = Duration.ofSeconds(2);

    /** The only ones that say themselves that the append may be there. */
    private static final Set<ErrorCode> UNKNOWN =
            Set.of(ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN, ErrorCode.ERROR_CODE_INTERNAL);

    @Test
    void notSent() {
        try (FakeCluster cluster = new FakeCluster(1)) {
            cluster.kill("n1:7420");
            Ended ended = append(cluster);
            assertThat(ended.thrown).isNotNull();
            assertThat(ended.mayBeThere()).isFalse();
        }
    }

    @Test
    void refusedAtOnce() throws Exception {
        ofEachCode(code -> Fault.REFUSE, code -> detail(code, false), (code, ended) -> {
            assertThat(ended.mayBeThere()).as("%s", code).isEqualTo(UNKNOWN.contains(code));
            assertThat(ended.there).as("%s", code).isEmpty();
        });
    }

    @Test
    void refusedByANodeThatDoesNotKnow() throws Exception {
        ofEachCode(code -> Fault.REFUSE, code -> detail(code, true), (code, ended) -> {
            assertThat(ended.mayBeThere()).as("%s", code).isTrue();
        });
    }

    @Test
    void refusedAfterAnAttemptWhoseAnswerWasLost() throws Exception {
        for (Fault first : List.of(Fault.DROP_AFTER_APPLY, Fault.DROP_BEFORE_APPLY)) {
            AtomicInteger applied = new AtomicInteger();
            ofEachCode(code -> first, code -> detail(code, false), (code, ended) -> {
                assertThat(ended.mayBeThere()).as("%s after %s", code, first).isTrue();
                applied.addAndGet(ended.there.size());
            });
            assertThat(applied.get() > 0).as("%s", first).isEqualTo(first == Fault.DROP_AFTER_APPLY);
        }
    }

    @Test
    void notAnsweredInTime() {
        try (FakeCluster cluster = new FakeCluster(1)) {
            cluster.fault(request -> Fault.SILENT);
            assertThat(append(cluster).mayBeThere()).isTrue();
        }
    }

    /**
     * How an append ended.
     *
     * @param there what the cluster has then
     */
    private record Ended(@Nullable WalnutException thrown, List<String> there) {
        boolean mayBeThere() {
            return thrown == null || thrown.mayHaveBeenApplied();
        }
    }

    /** All codes at once: many of them are tried again up to the deadline. */
    private static void ofEachCode(
            Function<ErrorCode, Fault> first,
            Function<ErrorCode, ErrorDetail> refusal,
            BiConsumer<ErrorCode, Ended> check)
            throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<? extends Future<?>> all = codes().map(code -> threads.submit(() -> {
                        try (FakeCluster cluster = new FakeCluster(1)) {
                            AtomicInteger attempts = new AtomicInteger();
                            cluster.refuseWith(refusal.apply(code));
                            cluster.fault(
                                    request -> attempts.getAndIncrement() == 0 ? first.apply(code) : Fault.REFUSE);
                            check.accept(code, append(cluster));
                        }
                    }))
                    .toList();
            for (Future<?> each : all) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Stream<ErrorCode> codes() {
        return Arrays.stream(ErrorCode.values())
                .filter(code -> code != ErrorCode.UNRECOGNIZED && code != ErrorCode.ERROR_CODE_UNSPECIFIED);
    }

    private static ErrorDetail detail(ErrorCode code, boolean mayHaveBeenApplied) {
        return ErrorDetail.newBuilder()
                .setCode(code)
                .setMessage("no")
                .setMayHaveBeenApplied(mayHaveBeenApplied)
                .build();
    }

    private static Ended append(FakeCluster cluster) {
        try (Walnut walnut = cluster.client().deadline(DEADLINE).build()) {
            try {
                walnut.createLog(LOG);
            } catch (WalnutException e) {
                // There is no node; the append is told the same.
            }
            try {
                walnut.append(LOG, Record.of("record".getBytes(UTF_8)));
                return new Ended(null, cluster.values(LOG));
            } catch (WalnutException e) {
                return new Ended(e, cluster.values(LOG));
            }
        }
    }
}
