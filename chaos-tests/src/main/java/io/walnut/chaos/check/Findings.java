package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Violations of one log: all are counted, the first of each kind kept. */
final class Findings {
    private static final int KEPT = 10;

    /** @param clues to those who say what cannot be true together */
    record Finding(Anomaly anomaly, long offset, String text, List<Clue> clues) {
        Violation in(String log, List<Operation> witnesses) {
            return new Violation(anomaly, log, offset, text, witnesses);
        }
    }

    private final Map<Anomaly, Long> counts = new EnumMap<>(Anomaly.class);
    private final List<Finding> kept = new ArrayList<>();

    void add(Anomaly anomaly, long offset, String text, Clue... clues) {
        if (counts.merge(anomaly, 1L, Long::sum) <= KEPT) {
            kept.add(new Finding(anomaly, offset, text, List.of(clues)));
        }
    }

    Map<Anomaly, Long> counts() {
        return counts;
    }

    List<Finding> kept() {
        return kept;
    }
}
