package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A roll by age: with the next write, or without one. */
@Timeout(30)
class SegmentAgeTest {
    private final FaultyStorage storage = new FaultyStorage();

    @Test
    void aWriteGoesToTheNextSegmentWhenTheActiveOneIsOld() throws Exception {
        long[] now = {1_000};
        WalOptions options =
                Logs.inline().withSegmentAge(Duration.ofSeconds(10)).withNanoClock(() -> now[0]);
        try (Wal wal = Wal.open(storage, options)) {
            wal.append(Logs.batch("a"));
            now[0] += Duration.ofSeconds(10).toNanos() - 1;
            wal.append(Logs.batch("b"));
            assertThat(wal.stats().segments()).isEqualTo(1);
            now[0]++;
            wal.append(Logs.batch("c"));
            assertThat(wal.stats().segments()).isEqualTo(2);
            assertThat(Logs.contents(wal)).containsExactly("a", "b", "c");
        }
    }

    @Test
    void anIdleSegmentIsSealedAndAnEmptyLogMakesNone() throws Exception {
        WalOptions options = Logs.threads().withSegmentAge(Duration.ofMillis(50));
        try (Wal wal = Wal.open(storage, options)) {
            for (int i = 1; i <= 2; i++) {
                wal.append(Logs.batch("r" + i));
                int sealed = i;
                Logs.await("the segment is sealed", () -> wal.stats().sealedSegments() == sealed);
                assertThat(wal.stats().segments()).isEqualTo(i);
            }
            assertThat(Logs.contents(wal)).containsExactly("r1", "r2");
        }
    }
}
