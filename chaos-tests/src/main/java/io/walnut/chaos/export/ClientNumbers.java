package io.walnut.chaos.export;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Outcome;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Numbers of clients as other programs want them: a client whose call ended without an answer is not heard of again, for nobody knows
 * when that call ends. Its process goes on as a new one.
 */
final class ClientNumbers {
    private final Map<Integer, Integer> ofProcess = new HashMap<>();
    private final IdentityHashMap<Operation, Integer> underWay = new IdentityHashMap<>();
    private final Set<Integer> busy = new HashSet<>();
    private int next;

    /** Of who calls. */
    int invoked(Operation operation) {
        int process = operation.call().process();
        Integer number = ofProcess.get(process);
        if (number == null || busy.contains(number)) {
            number = next++;
            ofProcess.put(process, number);
        }
        busy.add(number);
        underWay.put(operation, number);
        return number;
    }

    /** Of who had called. */
    int returned(Operation operation) {
        int number = Objects.requireNonNull(underWay.remove(operation));
        if (operation.call().outcome() == Outcome.INFO) {
            ofProcess.remove(operation.call().process(), number);
        } else {
            busy.remove(number);
        }
        return number;
    }
}
