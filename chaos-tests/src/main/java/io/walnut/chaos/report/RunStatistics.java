package io.walnut.chaos.report;

import io.walnut.chaos.history.Events;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Rates and latencies of a run over time. Time is in slices of equal length, which grow with the run so that there are never more than
 * {@link #SLICES}. What is read after the run does not count.
 */
final class RunStatistics implements Events.Listener {
    static final int SLICES = 240;
    private static final long FIRST_SLICE_NANOS = 100_000_000;

    enum Kind {
        APPEND,
        READ
    }

    /** A piece of time; a call is in the one in which it ended. */
    static final class Slice {
        private final Map<Kind, Latencies> ok = new EnumMap<>(Kind.class);
        private final Map<Outcome, Latencies> notOk = new EnumMap<>(Outcome.class);
        private long records;

        /** How long those took that were answered. */
        Latencies ok(Kind kind) {
            return ok.computeIfAbsent(kind, any -> new Latencies());
        }

        /** How long those took that failed, or were given up. */
        Latencies notOk(Outcome outcome) {
            return notOk.computeIfAbsent(outcome, any -> new Latencies());
        }

        /** Acknowledged. */
        long records() {
            return records;
        }

        private void add(Slice other) {
            other.ok.forEach((kind, latencies) -> ok(kind).add(latencies));
            other.notOk.forEach((outcome, latencies) -> notOk(outcome).add(latencies));
            records += other.records;
        }
    }

    private final List<Slice> slices = new ArrayList<>();
    private final Slice all = new Slice();
    private long start = Long.MIN_VALUE;
    private long sliceNanos = FIRST_SLICE_NANOS;

    @Override
    public void invoked(Operation operation) {
        if (start == Long.MIN_VALUE) {
            start = Math.min(0, operation.call().invoked()); // a run's own clock begins with 0
        }
    }

    @Override
    public void returned(Operation operation) {
        switch (operation) {
            case Append append -> count(append, Kind.APPEND, append.count());
            case Read read when read.mode() == Mode.FINAL -> {}
            case Read read -> count(read, Kind.READ, 0);
            case Describe describe -> count(describe, Kind.READ, 0);
            case Trim trim -> count(trim, Kind.READ, 0);
            case Operation.Status _ -> {} // no client's
        }
    }

    private void count(Operation operation, Kind kind, int records) {
        count(slice(operation.call().returned()), operation, kind, records);
        count(all, operation, kind, records);
    }

    private static void count(Slice slice, Operation operation, Kind kind, int records) {
        long nanos = operation.call().returned() - operation.call().invoked();
        if (operation.call().ok()) {
            slice.ok(kind).add(nanos);
            slice.records += records;
        } else {
            slice.notOk(operation.call().outcome()).add(nanos);
        }
    }

    private Slice slice(long time) {
        while ((time - start) / sliceNanos >= SLICES) {
            for (int i = 0; i < slices.size(); i += 2) {
                Slice both = slices.get(i);
                if (i + 1 < slices.size()) {
                    both.add(slices.get(i + 1));
                }
                slices.set(i / 2, both);
            }
            slices.subList((slices.size() + 1) / 2, slices.size()).clear();
            sliceNanos *= 2;
        }
        int at = (int) ((time - start) / sliceNanos);
        while (slices.size() <= at) {
            slices.add(new Slice());
        }
        return slices.get(at);
    }

    List<Slice> slices() {
        return slices;
    }

    /** The whole run. */
    Slice all() {
        return all;
    }

    long start() {
        return start == Long.MIN_VALUE ? 0 : start;
    }

    long sliceNanos() {
        return sliceNanos;
    }

    /** When the last slice ends. */
    long end() {
        return start() + Math.max(1, slices.size()) * sliceNanos;
    }
}
