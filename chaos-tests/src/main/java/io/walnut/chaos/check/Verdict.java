package io.walnut.chaos.check;

import java.util.List;
import java.util.Map;

/**
 * What is to be said of a history.
 *
 * @param operations how many were judged
 * @param logs of how many logs
 * @param conclusive whether every log was read to its end afterwards; else what is missing may not have been seen
 * @param counts how often each promise was broken
 * @param violations the first of each kind and log
 */
public record Verdict(
        long operations, int logs, boolean conclusive, Map<Anomaly, Long> counts, List<Violation> violations) {
    public Verdict {
        counts = Map.copyOf(counts);
        violations = List.copyOf(violations);
    }

    public boolean broken() {
        return !counts.isEmpty();
    }
}
