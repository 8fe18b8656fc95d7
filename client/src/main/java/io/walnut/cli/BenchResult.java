package io.walnut.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What was measured.
 *
 * @param latencies of each operation, in nanoseconds
 * @param failure one of the errors, if there were any
 */
record BenchResult(
        Histogram latencies,
        long bytes,
        long errors,
        double seconds,
        @Nullable RuntimeException failure) {
    private static final double NANOS_PER_MICRO = 1_000;

    Map<String, @Nullable Object> fields(String workload) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("workload", workload);
        fields.put("ops_per_s", Math.round(latencies.getTotalCount() / seconds));
        fields.put("bytes_per_s", Math.round(bytes / seconds));
        fields.put("p50_us", micros(50));
        fields.put("p99_us", micros(99));
        fields.put("p999_us", micros(99.9));
        fields.put("errors", errors);
        return fields;
    }

    private double micros(double percentile) {
        return Math.round(latencies.getValueAtPercentile(percentile) / NANOS_PER_MICRO * 10) / 10.0;
    }
}
