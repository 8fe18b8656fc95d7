package io.walnut.chaos.check;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Violations of one log: all are counted, the first of each kind kept. */
final class Findings {
    private static final int KEPT = 10;

    record Finding(Anomaly anomaly, long offset, String text) {
        Violation in(String log) {
            return new Violation(anomaly, log, offset, text);
        }
    }

    private final Map<Anomaly, Long> counts = new EnumMap<>(Anomaly.class);
    private final List<Finding> kept = new ArrayList<>();

    void add(Anomaly anomaly, long offset, String text) {
        if (counts.merge(anomaly, 1L, Long::sum) <= KEPT) {
            kept.add(new Finding(anomaly, offset, text));
        }
    }

    Map<Anomaly, Long> counts() {
        return counts;
    }

    List<Finding> kept() {
        return kept;
    }
}
