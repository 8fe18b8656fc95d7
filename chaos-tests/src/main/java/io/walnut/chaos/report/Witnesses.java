package io.walnut.chaos.report;

import io.walnut.chaos.check.Violation;
import io.walnut.chaos.history.HistoryReader;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Trim;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who says something of the place of a violation: a few of those who appended there, who looked there, and who read there at last. */
final class Witnesses {
    private static final int MOST_OF_A_SORT = 4;

    private final List<Operation> appends = new ArrayList<>();
    private final List<Operation> looks = new ArrayList<>();
    private final List<Operation> finals = new ArrayList<>();

    private Witnesses() {}

    /** In one pass over the history. */
    static Map<Violation, Witnesses> find(Path history, List<Violation> violations) throws IOException {
        Map<Violation, Witnesses> found = new LinkedHashMap<>();
        violations.forEach(violation -> found.put(violation, new Witnesses()));
        try (HistoryReader reader = new HistoryReader(history)) {
            for (Operation next = reader.next(); next != null; next = reader.next()) {
                Operation operation = next;
                found.forEach((violation, witnesses) -> {
                    if (operation.call().log().equals(violation.log()) && touches(operation, violation.offset())) {
                        witnesses.add(operation);
                    }
                });
            }
        }
        return found;
    }

    private static boolean touches(Operation operation, long offset) {
        return switch (operation) {
            case Append append ->
                append.call().ok() && append.firstOffset() <= offset && append.firstOffset() + append.count() >= offset;
            case Read read -> (read.from() <= offset && read.to() >= offset) || isAt(read.end(), offset);
            case Describe describe -> isAt(describe.end(), offset) || isAt(describe.start(), offset);
            case Trim trim -> isAt(trim.before(), offset);
        };
    }

    private static boolean isAt(long bound, long offset) {
        return bound == offset || bound == offset + 1;
    }

    private void add(Operation operation) {
        List<Operation> sort = operation instanceof Append
                ? appends
                : operation instanceof Read read && read.mode() == Mode.FINAL ? finals : looks;
        if (sort.size() < MOST_OF_A_SORT) {
            sort.add(operation);
        }
    }

    List<Operation> all() {
        List<Operation> all = new ArrayList<>(ofClients());
        all.addAll(finals);
        return all;
    }

    /** Without those that read after the run: they would make any window of time too wide. */
    List<Operation> ofClients() {
        List<Operation> all = new ArrayList<>(appends);
        all.addAll(looks);
        return all;
    }
}
