package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Searches for an order of a small history of one log that explains it: the algorithm of Wing and Gong with Lowe's memory of
 * states that were tried ("Testing for linearizability", 2016). Exponential at worst; knows nothing of what {@link LogChecker}
 * knows, which is why the two judge each other. For one thread.
 */
final class SmallHistoryChecker {
    private static final long LAST = Long.MAX_VALUE;

    /** A call or a return, in a list in order of time. */
    private static final class Entry {
        private final int id;
        private final Operation operation;
        private final boolean optional; // may never have happened
        private final long time;
        private final @Nullable Entry end; // of a call
        private @Nullable Entry previous;
        private @Nullable Entry next;

        private Entry(int id, Operation operation, boolean optional, long time, @Nullable Entry end) {
            this.id = id;
            this.operation = operation;
            this.optional = optional;
            this.time = time;
            this.end = end;
        }

        /** Takes a call out, and its return. */
        private void lift() {
            unlink(this);
            if (end != null) {
                unlink(end);
            }
        }

        private void unlift() {
            if (end != null) {
                relink(end);
            }
            relink(this);
        }

        private static void unlink(Entry entry) {
            if (entry.previous != null) {
                entry.previous.next = entry.next;
            }
            if (entry.next != null) {
                entry.next.previous = entry.previous;
            }
        }

        private static void relink(Entry entry) {
            if (entry.previous != null) {
                entry.previous.next = entry;
            }
            if (entry.next != null) {
                entry.next.previous = entry;
            }
        }
    }

    /** What was tried before: these operations done, and the log that came of them. */
    private record Tried(BitSet done, LogModel.State state) {}

    private SmallHistoryChecker() {}

    /** Whether some order explains the operations. */
    static boolean explains(List<Operation> operations) {
        Entry head = entries(operations);
        LogModel log = new LogModel();
        BitSet done = new BitSet();
        Set<Tried> tried = new HashSet<>();
        Deque<Entry> order = new ArrayDeque<>();
        Entry entry = head.next;
        while (entry != null) {
            if (entry.end == null) {
                if (entry.optional) {
                    return true; // what is left need not have happened
                }
                if (order.isEmpty()) {
                    return false;
                }
                Entry last = order.pop();
                done.clear(last.id);
                log.undo();
                last.unlift();
                entry = last.next;
            } else if (log.apply(entry.operation)) {
                done.set(entry.id);
                if (tried.add(new Tried((BitSet) done.clone(), log.state()))) {
                    order.push(entry);
                    entry.lift();
                    entry = head.next;
                } else {
                    done.clear(entry.id);
                    log.undo();
                    entry = entry.next;
                }
            } else {
                entry = entry.next;
            }
        }
        return true;
    }

    private static Entry entries(List<Operation> operations) {
        List<Entry> entries = new ArrayList<>();
        for (Operation operation : operations) {
            Outcome outcome = operation.call().outcome();
            boolean change = operation instanceof Append || operation instanceof Operation.Trim;
            if (change && outcome == Outcome.FAIL) {
                continue;
            }
            boolean optional = change && outcome == Outcome.INFO;
            int id = entries.size() / 2;
            long returned = optional ? LAST : operation.call().returned();
            Entry end = new Entry(id, operation, optional, returned, null);
            entries.add(new Entry(id, operation, optional, invoked(operation), end));
            entries.add(end);
        }
        // Who returns at the moment of another's call may come after it.
        entries.sort(Comparator.<Entry>comparingLong(entry -> entry.time).thenComparing(entry -> entry.end == null));
        Entry head = new Entry(-1, operations.getFirst(), false, Long.MIN_VALUE, null);
        Entry last = head;
        for (Entry entry : entries) {
            last.next = entry;
            entry.previous = last;
            last = entry;
        }
        return head;
    }

    /** What need not be current is true if it was true at any time before. */
    private static long invoked(Operation operation) {
        Mode mode = switch (operation) {
            case Read read -> read.mode();
            case Operation.Describe describe -> describe.mode();
            case Append append -> Mode.LINEARIZABLE;
            case Operation.Trim trim -> Mode.LINEARIZABLE;
        };
        return mode == Mode.COMMITTED || mode == Mode.TAIL
                ? Long.MIN_VALUE
                : operation.call().invoked();
    }
}
