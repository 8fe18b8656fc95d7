package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an append has reached when its caller hears of it, whatever the policy. */
@Timeout(30)
class AcknowledgeTest {
    private final FaultyStorage storage = new FaultyStorage();

    static List<Durability> policies() {
        return List.of(Durability.sync(), Durability.os(), Durability.interval(Duration.ofHours(1), 1L << 40));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void anAppendIsAsFarAsAskedFor(Durability policy) throws Exception {
        try (Wal wal = Wal.open(storage, Logs.threads().withDurability(policy))) {
            assertThat(wal.append(Logs.batch("a"), Acknowledge.ENQUEUED)).isZero();
            assertThat(wal.append(Logs.batch("b"), Acknowledge.WRITTEN)).isEqualTo(1);
            assertThat(wal.append(Logs.batch("c"), Acknowledge.DURABLE)).isEqualTo(2);
            assertThat(wal.durableLsn()).isEqualTo(3);
            assertThat(wal.appendAsync(Logs.batch("d"), Acknowledge.ENQUEUED)).isCompletedWithValue(3L);
            assertThat(wal.appendAsync(Logs.batch("e"), Acknowledge.WRITTEN).get(10, TimeUnit.SECONDS))
                    .isEqualTo(4);
            assertThat(wal.appendAsync(Logs.batch("f", "g"), Acknowledge.DURABLE)
                            .get(10, TimeUnit.SECONDS))
                    .isEqualTo(5);
            assertThat(wal.durableLsn()).isEqualTo(7);
        }
    }

    @Test
    void theyAreToldInOrder() throws Exception {
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        var all = new ArrayList<CompletableFuture<?>>();
        try (Wal wal = Wal.open(storage, Logs.threads())) {
            for (int i = 0; i < 200; i++) {
                all.add(wal.appendAsync(Logs.batch("x"), Acknowledge.DURABLE).thenAccept(told::add));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
        }
        assertThat(told).hasSize(200).isSorted();
    }

    @Test
    void whoIsToldMayAppend() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.threads())) {
            CompletableFuture<Long> second = wal.appendAsync(Logs.batch("x"), Acknowledge.DURABLE)
                    .thenApply(lsn -> {
                        try {
                            return wal.append(Logs.batch("y"));
                        } catch (WalException e) {
                            throw new AssertionError(e);
                        }
                    });
            assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(1);
        }
    }

    @Test
    void aPoisonedLogFailsThem() throws Exception {
        Wal wal = Wal.open(storage, Logs.threads());
        wal.append(Logs.batch("good"));
        storage.refuse((_, kind, _) -> {
            if (kind == Kind.WRITE) {
                throw new IOException("planted");
            }
        });
        CompletableFuture<Long> future = wal.appendAsync(Logs.batch("x"), Acknowledge.DURABLE);
        assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("planted");
        assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
    }

    @Test
    void aCutComesAfterAllThatArePending() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.threads().withDurability(Durability.os()))) {
            CompletableFuture<Long> future = wal.appendAsync(Logs.batch("a", "b", "c"), Acknowledge.DURABLE);
            wal.truncateAfter(0);
            assertThat(future.get(10, TimeUnit.SECONDS)).isZero();
            assertThat(wal.endLsn()).isEqualTo(1);
        }
    }

    @Test
    void closingMakesThemDurableAndTellsThem() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline().withDurability(Durability.os()));
        CompletableFuture<Long> future = wal.appendAsync(Logs.batch("a"), Acknowledge.DURABLE);
        assertThat(future).isNotDone();
        wal.close();
        assertThat(future).isCompletedWithValue(0L);
    }
}
