package io.walnut.chaos.workload;

import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.history.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** The history of a run as it comes about, by one clock. Thread-safe. */
public final class Recorder {
    private final HistoryWriter history;
    private final long start = System.nanoTime();
    private final LongAdder operations = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final AtomicInteger processes = new AtomicInteger();

    public Recorder(HistoryWriter history) {
        this.history = history;
    }

    /** Nanoseconds since the run began. */
    public long now() {
        return System.nanoTime() - start;
    }

    /** A number that no other process of the run has, and no other client of records. */
    public int newProcess() {
        return processes.incrementAndGet();
    }

    public void add(Operation operation) {
        operations.increment();
        if (operation instanceof Operation.Append append && append.call().ok()) {
            acknowledged.add(append.count());
        }
        try {
            history.write(operation);
        } catch (IOException e) {
            throw new UncheckedIOException("the history cannot be written", e);
        }
    }

    public long operations() {
        return operations.sum();
    }

    /** Records. */
    public long acknowledged() {
        return acknowledged.sum();
    }
}
