package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The operations that cannot all have been answered truly, for each violation that is kept: they are looked for in a second pass
 * over the history, by their clues, for the first pass keeps no operations. For one thread.
 */
final class Witnesses {
    private static final class Case {
        private final String log;
        private final Findings.Finding finding;
        private final @Nullable Operation[] found;

        private Case(String log, Findings.Finding finding) {
            this.log = log;
            this.finding = finding;
            this.found = new Operation[finding.clues().size()];
        }

        private void look(Operation operation) {
            for (int i = 0; i < found.length; i++) {
                if (found[i] == null && finding.clues().get(i).fits(operation)) {
                    found[i] = operation;
                }
            }
        }

        private Violation violation() {
            List<Operation> witnesses = new ArrayList<>();
            for (Operation operation : found) {
                if (operation != null && !witnesses.contains(operation)) {
                    witnesses.add(operation);
                }
            }
            return finding.in(log, witnesses);
        }
    }

    private final List<Case> cases = new ArrayList<>();
    private final Map<String, List<Case>> byLog = new HashMap<>();

    void lookFor(String log, Findings.Finding finding) {
        Case open = new Case(log, finding);
        cases.add(open);
        byLog.computeIfAbsent(log, name -> new ArrayList<>()).add(open);
    }

    boolean wanted() {
        return !cases.isEmpty();
    }

    /** Operations in any order, all of them. */
    void look(Operation operation) {
        for (Case open : Objects.requireNonNullElse(byLog.get(operation.call().log()), List.<Case>of())) {
            open.look(operation);
        }
    }

    /** What was found, in the order in which it was found, with the witnesses. */
    List<Violation> violations() {
        return cases.stream().map(Case::violation).toList();
    }
}
