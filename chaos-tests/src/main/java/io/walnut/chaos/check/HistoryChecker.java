package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Judges a history of many logs: each for itself, which is enough, for being linearizable is local. For one thread. */
public final class HistoryChecker {
    private final Map<String, LogChecker> logs = new HashMap<>();
    private long operations;

    /** Operations may come in any order. */
    public void add(Operation operation) {
        operations++;
        logs.computeIfAbsent(operation.call().log(), log -> new LogChecker()).add(operation);
    }

    /** After the last operation; the checker is used up. */
    public Verdict judge() {
        Map<Anomaly, Long> counts = new EnumMap<>(Anomaly.class);
        List<Violation> violations = new ArrayList<>();
        boolean conclusive = true;
        for (Map.Entry<String, LogChecker> log : new TreeMap<>(logs).entrySet()) {
            Findings findings = log.getValue().judge();
            findings.counts().forEach((anomaly, count) -> counts.merge(anomaly, count, Long::sum));
            findings.kept().stream().map(found -> found.in(log.getKey())).forEach(violations::add);
            conclusive &= log.getValue().conclusive();
        }
        return new Verdict(operations, logs.size(), conclusive, counts, violations);
    }
}
