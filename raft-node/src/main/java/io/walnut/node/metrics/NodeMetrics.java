package io.walnut.node.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** Every metric of a node by its exported name: glossary words, unit last, base units. Thread-safe. */
public final class NodeMetrics {
    private final MetricRegistry registry = new MetricRegistry();

    /** From the arrival of an append to its answer. */
    public final Timer append = registry.timer("walnut_append_seconds");

    /** From the hand-over of an entry of appends to Raft until it is applied here. */
    public final Timer entry = registry.timer("walnut_append_entry_seconds");

    public final Counter appendedBytes = registry.counter("walnut_append_bytes");
    public final Counter appendedRecords = registry.counter("walnut_append_records");
    public final Counter appendErrors = registry.counter("walnut_append_errors");

    /** Appends that the batcher refused: overload, or out of time. */
    public final Counter appendsRefused = registry.counter("walnut_append_refused");

    /** Batches per Raft entry of appends. */
    public final Histogram entryBatches = registry.histogram("walnut_append_entry_batches");

    public final Histogram entryBytes = registry.histogram("walnut_append_entry_bytes");

    public final Counter readBytes = registry.counter("walnut_read_bytes");
    public final Counter readRecords = registry.counter("walnut_read_records");

    /** Tail calls that are open now. */
    public final LongAdder tails = new LongAdder();

    public NodeMetrics() {
        gauge("walnut_tails_open", tails::sum);
    }

    /** Registers a value that is asked for when somebody looks. */
    public final void gauge(String name, Supplier<? extends Number> value) {
        registry.register(name, (Gauge<Number>) value::get);
    }

    public MetricRegistry registry() {
        return registry;
    }
}
