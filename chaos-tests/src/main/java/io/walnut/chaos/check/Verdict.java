package io.walnut.chaos.check;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is to be said of a history.
 *
 * @param operations how many were judged
 * @param logs of how many logs
 * @param conclusive whether every log was read to its end afterwards; else what is missing may not have been seen
 * @param counts how often each promise was broken
 * @param violations the first of each kind and log
 * @param trimmed operations of each log that was trimmed: of those the check may miss what a search would find
 * @param searched how many of these were searched to the end as well, so that nothing is missed
 */
public record Verdict(
        long operations,
        int logs,
        boolean conclusive,
        Map<Anomaly, Long> counts,
        List<Violation> violations,
        Map<String, Long> trimmed,
        int searched) {
    public Verdict {
        counts = Collections.unmodifiableMap(new TreeMap<>(counts)); // as they are printed: in the order of the kinds
        violations = List.copyOf(violations);
        trimmed = Collections.unmodifiableMap(new TreeMap<>(trimmed));
    }

    public boolean broken() {
        return !counts.isEmpty();
    }

    Verdict with(List<Violation> others) {
        return new Verdict(operations, logs, conclusive, counts, others, trimmed, searched);
    }
}
