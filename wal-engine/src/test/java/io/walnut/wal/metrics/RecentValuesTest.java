package io.walnut.wal.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentValuesTest {
    private final AtomicLong clock = new AtomicLong();
    private final RecentValues values = new RecentValues(clock::get);

    @Test
    void everyValueCountsAndNoneIsASample() {
        for (int i = 0; i < 100_000; i++) {
            values.update(1_000);
        }
        values.update(5_000_000); // a sample would hardly have it
        assertThat(values.size()).isEqualTo(100_001);
        assertThat((double) values.getSnapshot().getMax()).isCloseTo(5_000_000, within(50_000.0));
        assertThat(values.getSnapshot().getMedian()).isCloseTo(1_000, within(10.0));
        assertThat(values.getSnapshot().get999thPercentile()).isCloseTo(1_000, within(10.0));
    }

    @Test
    void valuesAreForgottenAfterAMinuteAtMostAndNotBeforeHalfOfOne() {
        values.update(7);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(31));
        assertThat(values.size()).isEqualTo(1);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(29));
        assertThat(values.size()).isEqualTo(1);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(31));
        assertThat(values.size()).isZero();
    }

    @Test
    void lookingDoesNotTakeAnythingAway() {
        values.update(3);
        assertThat(values.getSnapshot().size()).isEqualTo(1);
        assertThat(values.getSnapshot().size()).isEqualTo(1);
        assertThat(values.getSnapshot().getMin()).isEqualTo(3);
    }

    @Test
    void manyThreadsRecordAtOnce() throws Exception {
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int k = 0; k < 10_000; k++) {
                    values.update(k);
                }
            }));
        }
        int seen = 0;
        for (Thread thread : threads) {
            seen = Math.max(seen, values.size());
            thread.join();
        }
        assertThat(seen).isLessThanOrEqualTo(40_000);
        assertThat(values.size()).isEqualTo(40_000);
    }
}
