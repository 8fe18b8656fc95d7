package io.walnut.wal.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import io.walnut.wal.LsnRange;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalObserver;
import io.walnut.wal.WalStats;
import io.walnut.wal.io.Backend;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Counts for a registry what a log does. Give it to {@link io.walnut.wal.WalOptions#withObserver}, one
 * for each log; names are a prefix and a word of the glossary, with the unit last. Thread-safe.
 */
public final class WalMetrics implements WalObserver {
    private static final double NANOS_PER_SECOND = 1e9;

    private final MetricRegistry registry;
    private final String prefix;
    private final Timer append;
    private final Timer encode;
    private final Timer queue;
    private final Timer write;
    private final Timer sync;
    private final Timer rollWait;
    private final Timer heldBack;
    private final Counter corruptRanges;
    private final Counter poisonings;

    /** With a prefix such as {@code walnut_wal}. */
    public WalMetrics(MetricRegistry registry, String prefix) {
        this.registry = registry;
        this.prefix = prefix;
        this.append = timer("append_seconds");
        this.encode = timer("append_encode_seconds");
        this.queue = timer("append_queue_seconds");
        this.write = timer("write_seconds");
        this.sync = timer("sync_seconds");
        this.rollWait = timer("roll_wait_seconds");
        this.heldBack = timer("append_held_back_seconds");
        this.corruptRanges = registry.counter(name("corrupt_ranges"));
        this.poisonings = registry.counter(name("poisonings"));
    }

    private Timer timer(String word) {
        return registry.timer(name(word), () -> new Timer(new RecentValues(System::nanoTime)));
    }

    private String name(String word) {
        return prefix + "_" + word;
    }

    @Override
    public void opened(Wal wal) {
        double recoverySeconds = wal.recoveryReport().nanos() / NANOS_PER_SECOND;
        gauge(wal, "recovery_seconds", stats -> recoverySeconds);
        boolean ring = wal.backend().backend() == Backend.IO_URING;
        gauge(wal, "backend_io_uring", stats -> ring ? 1 : 0);
        counter(wal, "written_bytes", WalStats::bytesWritten);
        counter(wal, "appended_records", WalStats::recordsAppended);
        counter(wal, "appended_batches", WalStats::batchesAppended);
        counter(wal, "segments_begun", WalStats::rolls);
        gauge(wal, "segments", WalStats::segments);
        gauge(wal, "disk_bytes", WalStats::bytesOnDisk);
        gauge(wal, "active_segment_bytes", WalStats::activeSegmentBytes);
        gauge(wal, "waiting_bytes", WalStats::bytesInFlight);
        gauge(wal, "writes_in_flight", WalStats::writesInFlight);
        counter(wal, "scrubbed_bytes", stats -> stats.scrub().bytes());
        counter(wal, "scrub_passes", stats -> stats.scrub().passes());
        counter(wal, "scrub_findings", stats -> stats.scrub().findings());
        gauge(wal, "scrub_lsn", stats -> stats.scrub().passLsn());
        gauge(wal, "scrub_last_pass_seconds", stats -> stats.scrub().nanosOfLastPass() / NANOS_PER_SECOND);
        gauge(wal, "scrub_since_last_pass_seconds", stats -> stats.scrub().nanosSinceLastPass() / NANOS_PER_SECOND);
        gauge(wal, "start_lsn", WalStats::startLsn);
        gauge(wal, "durable_lsn", WalStats::durableLsn);
        gauge(wal, "end_lsn", WalStats::endLsn);
        gauge(wal, "lock_contention_ratio", stats -> part(stats.contendedAppends(), stats.batchesAppended()));
        gauge(
                wal,
                "buffer_pool_hit_ratio",
                stats -> part(stats.buffersReused(), stats.buffersReused() + stats.buffersMade()));
    }

    private static double part(long some, long all) {
        return all == 0 ? 0 : (double) some / all;
    }

    private void counter(Wal wal, String word, ToLongFunction<WalStats> value) {
        registry.remove(name(word)); // of a log that was open before
        registry.register(name(word), new Counter() {
            @Override
            public long getCount() {
                return value.applyAsLong(wal.stats());
            }
        });
    }

    private void gauge(Wal wal, String word, ToDoubleFunction<WalStats> value) {
        registry.remove(name(word));
        registry.register(name(word), (Gauge<Double>) () -> value.applyAsDouble(wal.stats()));
    }

    @Override
    public void appended(int records, long bytes, long encodeNanos, long nanos) {
        append.update(nanos, TimeUnit.NANOSECONDS);
        encode.update(encodeNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void wrote(int batches, long bytes, long queueNanos, long nanos, boolean durable) {
        queue.update(queueNanos, TimeUnit.NANOSECONDS);
        (durable ? sync : write).update(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void synced(long nanos) {
        sync.update(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void rolled(long nanos) {
        rollWait.update(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void heldBack(long nanos) {
        heldBack.update(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void corrupt(LsnRange lsns) {
        corruptRanges.inc();
    }

    @Override
    public void poisoned(WalException cause) {
        poisonings.inc();
    }
}
