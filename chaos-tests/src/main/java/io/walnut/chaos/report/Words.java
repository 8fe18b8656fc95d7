package io.walnut.chaos.report;

import io.walnut.chaos.check.Anomaly;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** Figures and findings as people read them. */
final class Words {
    private static final Map<String, String> ANOMALIES = Map.ofEntries(
            Map.entry("LOST", "Acknowledged records are gone"),
            Map.entry("DUPLICATE", "A record is there twice"),
            Map.entry("DIVERGENT", "Two records share an offset"),
            Map.entry("PHANTOM", "A record is there that nobody appended"),
            Map.entry("ALTERED", "The bytes of a record are not what any client wrote"),
            Map.entry("HOLE", "An offset between others has no record"),
            Map.entry("TORN_BATCH", "Only a part of a batch is there"),
            Map.entry("FAILED_APPEND_IS_THERE", "An append took effect that was said to have failed"),
            Map.entry("REORDERED", "Records are in an order that contradicts their acknowledgements"),
            Map.entry("SKIPPED", "A client's batch is there, and the one before it is not"),
            Map.entry("STALE", "An answer missed what was there before it was asked for"),
            Map.entry("FUTURE", "An answer knew what came after it"),
            Map.entry("TRIMMED_TOO_EARLY", "Records are gone that nobody had trimmed"),
            Map.entry("TRIM_UNDONE", "Trimmed records are there again"),
            Map.entry("REPLICAS_DIFFER", "The nodes do not have the same log at the end"),
            Map.entry("UNEXPLAINED", "No order of the calls explains their answers"),
            Map.entry("TWO_LEADERS", "Two nodes led in one term"),
            Map.entry("WENT_BACK", "A node's term or commit index went back"));

    private Words() {}

    /** What was broken, in a sentence without its full stop. */
    static String of(Anomaly anomaly) {
        return ANOMALIES.getOrDefault(
                anomaly.name(), anomaly.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** As short as it says something. */
    static String duration(long nanos) {
        double value = nanos;
        if (value < 1_000) {
            return nanos + " ns";
        }
        if (value < 1e6) {
            return three(value / 1e3) + " µs";
        }
        if (value < 1e9) {
            return three(value / 1e6) + " ms";
        }
        if (value < 120e9) {
            return three(value / 1e9) + " s";
        }
        Duration duration = Duration.ofNanos(nanos);
        return duration.toHours() > 0
                ? duration.toHours() + " h " + duration.toMinutesPart() + " min"
                : duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
    }

    static String duration(OptionalLong nanos, String otherwise) {
        return nanos.isPresent() ? duration(nanos.getAsLong()) : otherwise;
    }

    /** When in the run, as a clock shows it. */
    static String at(long nanos) {
        long millis = Math.floorDiv(nanos, 1_000_000);
        return String.format(Locale.ROOT, "%d:%02d.%03d", millis / 60_000, millis / 1000 % 60, millis % 1000);
    }

    /** With the word as it is for so many. */
    static String count(long count, String one, String many) {
        return number(count) + " " + (count == 1 ? one : many);
    }

    static String bytes(long bytes) {
        return bytes < 1_000
                ? bytes + " B"
                : bytes < 1_000_000 ? three(bytes / 1e3) + " kB" : three(bytes / 1e6) + " MB";
    }

    private static String three(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
