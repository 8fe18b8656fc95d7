package io.walnut.wal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import io.walnut.wal.Batch;
import io.walnut.wal.Scrubbing;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalMetricsTest {
    @TempDir
    Path directory;

    private final MetricRegistry registry = new MetricRegistry();
    private final WalMetrics metrics = new WalMetrics(registry, "wal");

    private double gauge(String name) {
        return (Double) Objects.requireNonNull(registry.getGauges().get(name)).getValue();
    }

    @Test
    void everythingThatALogDoesIsCounted() throws Exception {
        try (Wal wal = Wal.open(
                directory,
                WalOptions.defaults()
                        .withSizes(64 << 10, 16 << 10, 1 << 20)
                        .withObserver(metrics)
                        .withScrubbing(Scrubbing.every(Duration.ZERO, 1L << 40)))) {
            for (int i = 0; i < 40; i++) {
                wal.append(Batch.of(0, ByteBuffer.allocate(5_000)));
            }
            assertThat(registry.timer("wal_append_seconds").getCount()).isEqualTo(40);
            assertThat(registry.timer("wal_append_encode_seconds").getCount()).isEqualTo(40);
            assertThat(registry.timer("wal_sync_seconds").getCount()).isEqualTo(40);
            assertThat(registry.timer("wal_sync_seconds").getSnapshot().getMax())
                    .isPositive()
                    .isLessThanOrEqualTo(
                            registry.timer("wal_append_seconds").getSnapshot().getMax());
            assertThat(registry.counter("wal_appended_records").getCount()).isEqualTo(40);
            assertThat(registry.counter("wal_written_bytes").getCount()).isEqualTo(40 * 8192);
            assertThat(registry.counter("wal_segments_begun").getCount())
                    .isEqualTo(registry.timer("wal_roll_wait_seconds").getCount())
                    .isGreaterThan(4);
            assertThat(gauge("wal_durable_lsn")).isEqualTo(40);
            assertThat(gauge("wal_buffer_pool_hit_ratio")).isGreaterThan(0.9);
            assertThat(gauge("wal_lock_contention_ratio")).isBetween(0.0, 1.0);
            assertThat(gauge("wal_recovery_seconds")).isPositive();
            wal.roll();
            while (registry.counter("wal_scrubbed_bytes").getCount() <= 40 * 8192
                    || registry.counter("wal_scrub_passes").getCount() == 0) {
                Thread.onSpinWait();
            }
            assertThat(registry.counter("wal_scrub_findings").getCount()).isZero();
            assertThat(gauge("wal_scrub_last_pass_seconds")).isPositive();
            assertThat(gauge("wal_scrub_since_last_pass_seconds")).isNotNegative();
            assertThat(gauge("wal_scrub_lsn")).isBetween(0.0, 40.0);
        }
    }
}
