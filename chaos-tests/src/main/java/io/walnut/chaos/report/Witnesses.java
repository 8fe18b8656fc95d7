package io.walnut.chaos.report;

import io.walnut.chaos.check.Violation;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import java.util.List;

/** Who says what of a violation. */
final class Witnesses {
    private Witnesses() {}

    static List<Operation> of(Violation violation) {
        return violation.witnesses();
    }

    /** Without those that looked after the run: they would make any window of time too wide. */
    static List<Operation> ofClients(Violation violation) {
        return of(violation).stream()
                .filter(witness -> !(witness instanceof Operation.Read read && read.mode() == Mode.FINAL))
                .toList();
    }

    static String text(Operation witness) {
        return Timeline.text(witness);
    }
}
