package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.walnut.wal.io.FaultyStorage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The last LSNs: no sum goes beyond 63 bits. */
class LastLsnTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final FaultyStorage storage = new FaultyStorage();

    @Test
    void aLogWithoutLsnsLeftRefusesAndCanBeUsed() {
        assertTimeoutPreemptively(DEADLINE, () -> {
            try (Wal wal = Wal.open(storage, Logs.inline())) {
                wal.reset(Long.MAX_VALUE - 2);
                assertThatThrownBy(() -> wal.append(Logs.batch("a", "b", "c")))
                        .isInstanceOf(IllegalStateException.class);
                wal.append(Logs.batch("a", "b"));
                assertThat(wal.endLsn()).isEqualTo(Long.MAX_VALUE);
                assertThatThrownBy(() -> wal.append(Logs.batch("c"))).isInstanceOf(IllegalStateException.class);
                assertThat(Logs.contents(wal)).containsExactly("a", "b");
            }
            try (Wal again = Wal.open(storage, Logs.inline())) {
                assertThat(Logs.contents(again)).containsExactly("a", "b");
            }
        });
    }
}
