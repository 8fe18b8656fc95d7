package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.walnut.wal.io.FaultyStorage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an observer throws poisons the log; nobody waits for ever. */
class BrokenObserverTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    enum Call {
        WROTE,
        SYNCED,
        ROLLED
    }

    private static final class Broken implements WalObserver {
        private final Call call;

        Broken(Call call) {
            this.call = call;
        }

        private void fail(Call now) {
            if (call == now) {
                throw new IllegalStateException("a broken observer");
            }
        }

        @Override
        public void wrote(int batches, long bytes, long queueNanos, long nanos, boolean durable) {
            fail(Call.WROTE);
        }

        @Override
        public void synced(long nanos) {
            fail(Call.SYNCED);
        }

        @Override
        public void rolled(long nanos) {
            fail(Call.ROLLED);
        }
    }

    private static WalOptions options(Call call) {
        return Logs.threads()
                .withDurability(call == Call.SYNCED ? Durability.os() : Durability.sync())
                .withObserver(new Broken(call));
    }

    @ParameterizedTest
    @EnumSource
    void whoAppendsHearsOfIt(Call call) {
        assertTimeoutPreemptively(DEADLINE, () -> {
            Wal wal = Wal.open(new FaultyStorage(), options(call));
            assertThatThrownBy(() -> wal.awaitDurable(wal.append(Logs.batch("a"))))
                    .hasStackTraceContaining("a broken observer");
            assertThatThrownBy(() -> wal.append(Logs.batch("b"))).isInstanceOf(WalPoisonedException.class);
            assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SYNCED")
    void whoHoldsAFutureHearsOfIt(Call call) throws Exception {
        Wal wal = Wal.open(new FaultyStorage(), options(call));
        CompletableFuture<Long> future = wal.appendAsync(Logs.batch("a"), Acknowledge.DURABLE);
        assertThatThrownBy(() -> future.get(DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .hasStackTraceContaining("a broken observer");
        assertThatThrownBy(() -> wal.append(Logs.batch("b"))).isInstanceOf(WalPoisonedException.class);
        assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
    }
}
