package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Status;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Judges a history of many logs: each for itself, which is enough, for being linearizable is local. Keeps no operations. For one
 * thread.
 */
public final class HistoryChecker {
    private final Map<String, LogChecker> logs = new HashMap<>();
    private final StatusChecker statuses = new StatusChecker();
    private final Witnesses witnesses = new Witnesses();
    private long operations;

    /** Operations may come in any order. */
    public void add(Operation operation) {
        operations++;
        if (operation instanceof Status status) {
            statuses.add(status);
        } else {
            logs.computeIfAbsent(operation.call().log(), log -> new LogChecker())
                    .add(operation);
        }
    }

    /** After the last operation; the checker is used up. */
    public Verdict judge() {
        Map<Anomaly, Long> counts = new EnumMap<>(Anomaly.class);
        List<Violation> violations = new ArrayList<>();
        Map<String, Long> trimmed = new TreeMap<>();
        boolean conclusive = !logs.isEmpty();
        for (Map.Entry<String, LogChecker> log : new TreeMap<>(logs).entrySet()) {
            LogChecker checker = log.getValue();
            take(checker.judge(), log.getKey(), counts, violations);
            conclusive &= checker.conclusive();
            if (checker.trimmed()) {
                trimmed.put(log.getKey(), checker.operations());
            }
        }
        take(statuses.judge(), "", counts, violations);
        return new Verdict(operations, logs.size(), conclusive, counts, violations, trimmed, 0);
    }

    private void take(Findings findings, String log, Map<Anomaly, Long> counts, List<Violation> violations) {
        findings.counts().forEach((anomaly, count) -> counts.merge(anomaly, count, Long::sum));
        findings.kept().forEach(found -> {
            violations.add(found.in(log, List.of()));
            witnesses.lookFor(log, found);
        });
    }

    /** Who looks for the witnesses of what was found. */
    Witnesses witnesses() {
        return witnesses;
    }
}
