package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who closes the log in a callback of it would wait for himself: he is refused, and the log goes on. */
class CloseInCallbackTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int RECORDS = 6;

    private final FaultyStorage storage = new FaultyStorage();

    private Wal log(WalOptions options) throws WalException {
        Wal wal = Wal.open(storage, options);
        for (int i = 0; i < RECORDS; i++) {
            wal.append(Logs.batch("" + i));
            wal.roll();
        }
        return wal;
    }

    private void assertThatItGoesOn(Wal wal) throws IOException {
        assertThat(storage.list()).doesNotContain(CompactedFile.TEMPORARY_NAME);
        wal.append(Logs.batch("6"));
        wal.close();
        assertThatAllIsThere();
    }

    private void assertThatAllIsThere() throws WalException {
        try (Wal again = Wal.open(storage, Logs.inline())) {
            assertThat(Logs.contents(again)).containsExactly("0", "1", "2", "3", "4", "5", "6");
        }
    }

    /** In the first look at the records, and when they are written. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, RECORDS, RECORDS + 1, 2 * RECORDS})
    void aFilterOfACompaction(int call) {
        assertTimeoutPreemptively(DEADLINE, () -> {
            Wal wal = log(Logs.threads());
            AtomicInteger calls = new AtomicInteger();
            assertThatThrownBy(() -> wal.compact(
                            wal.endLsn(),
                            record -> {
                                if (calls.incrementAndGet() == call) {
                                    wal.close();
                                }
                                return true;
                            },
                            progress -> true))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("compaction");
            assertThat(calls).hasValue(call);
            assertThatItGoesOn(wal);
        });
    }

    @Test
    void aListenerOfACompaction() {
        assertTimeoutPreemptively(DEADLINE, () -> {
            Wal wal = log(Logs.threads());
            assertThatThrownBy(() -> wal.compact(wal.endLsn(), record -> true, progress -> {
                        try {
                            wal.close();
                        } catch (WalException e) {
                            throw new AssertionError(e);
                        }
                        return true;
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("compaction");
            assertThatItGoesOn(wal);
        });
    }

    /** Who hears of what is durable may close the log, also when he hears of it from the thread that compacts. */
    @Test
    void aDurableListenerInTheThreadThatCompacts() {
        assertTimeoutPreemptively(DEADLINE, () -> {
            Wal wal = log(Logs.inline());
            wal.addDurableListener(new DurableListener() {
                @Override
                public void onDurable(long durableLsn) {
                    try {
                        wal.close();
                    } catch (WalException e) {
                        throw new AssertionError(e);
                    }
                }

                @Override
                public void onPoisoned(WalException cause) {}
            });
            wal.enqueue(Logs.batch("6"));
            Compaction done = wal.compact(2, record -> true, progress -> true); // which was its last step
            assertThat(done.segmentsBefore()).isEqualTo(2);
            assertThatAllIsThere();
        });
    }

    enum Call {
        APPENDED,
        WROTE,
        SYNCED,
        ROLLED,
        POISONED
    }

    private static final class Closing implements WalObserver {
        private final Call call;
        private final AtomicReference<Wal> wal = new AtomicReference<>();
        private final AtomicBoolean done = new AtomicBoolean();
        private final List<Exception> refused = new ArrayList<>();

        Closing(Call call) {
            this.call = call;
        }

        private void hear(Call now) {
            Wal closed = wal.get();
            if (call == now && closed != null && done.compareAndSet(false, true)) {
                try {
                    closed.close();
                } catch (WalException | IllegalStateException e) {
                    refused.add(e);
                }
            }
        }

        @Override
        public void appended(int records, long bytes, long encodeNanos, long nanos) {
            hear(Call.APPENDED);
        }

        @Override
        public void wrote(int batches, long bytes, long queueNanos, long nanos, boolean durable) {
            hear(Call.WROTE);
        }

        @Override
        public void synced(long nanos) {
            hear(Call.SYNCED);
        }

        @Override
        public void rolled(long nanos) {
            hear(Call.ROLLED);
        }

        @Override
        public void poisoned(WalException cause) {
            hear(Call.POISONED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anObserver(Call call) {
        assertTimeoutPreemptively(DEADLINE, () -> {
            Closing observer = new Closing(call);
            Durability durability = call == Call.SYNCED ? Durability.os() : Durability.sync();
            Wal wal = log(Logs.threads().withDurability(durability).withObserver(observer));
            observer.wal.set(wal);
            if (call == Call.POISONED) {
                storage.refuse((_, kind, _) -> {
                    if (kind == Kind.SYNC) {
                        throw new IOException("planted");
                    }
                });
            }
            try {
                wal.awaitDurable(wal.append(Logs.batch("last")));
            } catch (WalClosedException | WalPoisonedException e) {
                assertThat(call).isIn(Call.APPENDED, Call.POISONED);
            }
            assertThat(observer.done).isTrue();
            switch (call) {
                case APPENDED -> assertThat(observer.refused).isEmpty();
                case WROTE, SYNCED, ROLLED, POISONED ->
                    assertThat(observer.refused)
                            .singleElement()
                            .isInstanceOfSatisfying(
                                    IllegalStateException.class,
                                    e -> assertThat(e).hasMessageContaining("observer"));
            }
            storage.refuse((_, _, _) -> {});
            try {
                wal.close();
            } catch (WalPoisonedException e) {
                assertThat(call).isEqualTo(Call.POISONED);
            }
            try (Wal again = Wal.open(storage, Logs.inline())) {
                assertThat(Logs.contents(again)).startsWith("0", "1", "2", "3", "4", "5");
            }
        });
    }
}
