package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for records is told when none can come any more. */
@Timeout(30)
class TailOfPoisonedLogTest {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final FaultyStorage storage = new FaultyStorage();
    private Wal wal;

    @BeforeEach
    void aLogOfOneRecord() throws Exception {
        wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("0"));
    }

    @AfterEach
    void close() throws Exception {
        try {
            wal.close();
        } catch (WalPoisonedException e) {
            assertThat(e).hasMessageContaining("planted");
        }
    }

    private void poison() {
        storage.refuse((_, kind, _) -> {
            if (kind == FaultyStorage.Kind.SYNC) {
                throw new IOException("planted");
            }
        });
        assertThatThrownBy(() -> wal.append(Logs.batch("1"))).isInstanceOf(WalPoisonedException.class);
    }

    @Test
    void aTailThatWaitsIsWoken() throws Exception {
        CompletableFuture<Thread> waiter = new CompletableFuture<>();
        CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> {
            try (TailCursor tail = wal.tail(1)) {
                waiter.complete(Thread.currentThread());
                assertThatThrownBy(() -> tail.next(FOREVER))
                        .isInstanceOf(WalPoisonedException.class)
                        .hasMessageContaining("planted");
            } catch (WalException e) {
                throw new AssertionError(e);
            }
        });
        Thread waiting = waiter.get();
        Logs.await("it waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);
        poison();
        waits.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aTailGetsWhatWasDurableAndThenDoesNotBeginToWait() throws Exception {
        poison();
        try (TailCursor tail = wal.tail(0)) {
            assertThat(tail.next(FOREVER)).isTrue();
            assertThat(Logs.text(tail.record())).isEqualTo("0");
            assertThat(tail.next()).isFalse();
            assertThatThrownBy(() -> tail.next(FOREVER)).isInstanceOf(WalPoisonedException.class);
        }
    }
}
