package io.walnut.wal.bench;

import java.util.List;
import java.util.Objects;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a row has shown.
 *
 * @param row its name in the table: {@code A1}
 * @param workload what was done, in words
 * @param backend the log, and how it reached the disk
 * @param opsPerSecond records a second, or what else the workload counts: the median of the rounds. NaN where nothing was counted
 * @param bytesPerSecond of the records' payloads, or NaN
 * @param latencies of each operation, in nanoseconds; empty where there is none
 * @param overTime the same, from the first measured moment to the last, the time between the rounds left out
 * @param allocatedBytesPerOp heap that all threads of the process took, for each record
 * @param rounds figure and reference of each round, in the unit of the reference
 * @param reference what it is held against, the median of the rounds; null when nothing was measured
 */
public record RowResult(
        String row,
        String workload,
        String backend,
        double opsPerSecond,
        double bytesPerSecond,
        Histogram latencies,
        List<Interval> overTime,
        double allocatedBytesPerOp,
        List<Round> rounds,
        @Nullable Reference reference) {

    /**
     * A figure measured in the same minute.
     *
     * @param name what was measured: {@code fio 4 KiB O_DIRECT+O_DSYNC, queue depth 1}
     * @param value in the unit of {@code of}
     * @param of which figure of the row it is held against
     */
    public record Reference(String name, double value, Unit of) {}

    /** What a reference counts. */
    public enum Unit {
        OPS_PER_SECOND,
        BYTES_PER_SECOND
    }

    /** One round: its operations a second, and the reference right before it (null without). */
    public record Round(double opsPerSecond, @Nullable Reference reference) {}

    /** A piece of the measured time, latencies in microseconds. */
    public record Interval(double seconds, double p50, double p99, double max) {}

    public RowResult {
        overTime = List.copyOf(overTime);
        rounds = List.copyOf(rounds);
    }

    /** A row that counts operations, measured in rounds. {@code records} and {@code payloadBytes} are those of an operation. */
    static RowResult of(
            Row row, String backend, Trial.Measured measured, int records, double payloadBytes, List<Round> rounds) {
        return new RowResult(
                row.id(),
                row.workload(),
                backend,
                measured.perSecond() * records,
                measured.perSecond() * payloadBytes,
                measured.latencies(),
                measured.overTime(),
                measured.allocatedBytesPerOperation() / records,
                rounds,
                median(rounds));
    }

    /** The row's figure in parts of the reference, or NaN without one. */
    public double ratio() {
        Reference to = reference;
        if (to == null) {
            return Double.NaN;
        }
        return (to.of == Unit.OPS_PER_SECOND ? opsPerSecond : bytesPerSecond) / to.value;
    }

    /** Ratio of each round that has a reference; the parts of a noisy {@link #ratio}. */
    public List<Double> ratios() {
        double perOperation =
                reference != null && reference.of == Unit.BYTES_PER_SECOND ? bytesPerSecond / opsPerSecond : 1;
        return rounds.stream()
                .filter(round -> round.reference != null)
                .map(round -> round.opsPerSecond * perOperation / Objects.requireNonNull(round.reference).value)
                .toList();
    }

    public double micros(double percentile) {
        return latencies.getTotalCount() == 0 ? Double.NaN : latencies.getValueAtPercentile(percentile) / 1_000.0;
    }

    static @Nullable Reference median(List<Round> rounds) {
        List<Reference> all = rounds.stream()
                .map(Round::reference)
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
        if (all.isEmpty()) {
            return null;
        }
        Reference any = all.getFirst();
        return new Reference(
                any.name, Trial.median(all.stream().map(Reference::value).toList()), any.of);
    }
}
