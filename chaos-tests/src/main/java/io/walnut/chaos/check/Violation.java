package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.OperationText;
import java.util.List;

/**
 * A promise that was broken.
 *
 * @param log empty where it is of no log, but of the nodes
 * @param offset where in the log
 * @param text what was found, and what was expected
 * @param witnesses operations that cannot all have been answered truly, where they were looked for
 */
public record Violation(Anomaly anomaly, String log, long offset, String text, List<Operation> witnesses) {
    public Violation {
        witnesses = List.copyOf(witnesses);
    }

    @Override
    public String toString() {
        StringBuilder lines = new StringBuilder(anomaly.toString());
        if (!log.isEmpty()) {
            lines.append(" in log '").append(log).append("' at offset ").append(offset);
        }
        lines.append(": ").append(text);
        witnesses.forEach(witness -> lines.append("\n    ").append(OperationText.of(witness)));
        return lines.toString();
    }
}
