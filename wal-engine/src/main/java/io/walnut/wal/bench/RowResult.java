package io.walnut.wal.bench;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a row has shown.
 *
 * @param row its name in the table: {@code A1}
 * @param workload what was done, in words
 * @param backend the log, and how it reached the disk
 * @param opsPerSecond records a second, or what else the workload counts
 * @param bytesPerSecond of the records' payloads
 * @param latencies of each operation, in nanoseconds
 * @param allocatedBytesPerOp heap that all threads of the process took, for each record
 * @param reference what it is held against, or null when nothing was measured
 */
public record RowResult(
        String row,
        String workload,
        String backend,
        double opsPerSecond,
        double bytesPerSecond,
        Histogram latencies,
        double allocatedBytesPerOp,
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

    /** The row's figure in parts of the reference, or NaN without one. */
    public double ratio() {
        Reference to = reference;
        if (to == null) {
            return Double.NaN;
        }
        return (to.of == Unit.OPS_PER_SECOND ? opsPerSecond : bytesPerSecond) / to.value;
    }

    public double micros(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1_000.0;
    }
}
