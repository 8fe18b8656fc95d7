package io.walnut.chaos.check;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
        private final boolean unseen; // such an append, of no client in order, whose records nobody saw
        private final long time;
        private final @Nullable Entry end; // of a call
        private @Nullable Entry previous;
        private @Nullable Entry next;

        private Entry(int id, Operation operation, boolean optional, boolean unseen, long time, @Nullable Entry end) {
            this.id = id;
            this.operation = operation;
            this.optional = optional;
            this.unseen = unseen;
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

    /**
     * What was tried before: these operations done, and the log that came of them. Of those that need not have happened only the
     * unseen ones are among them: which others have, the log tells; and of the trims those count no more that are not beyond its
     * start.
     */
    private record Tried(BitSet done, LogModel.State state) {}

    /** What a search came to. */
    enum Answer {
        EXPLAINED,
        UNEXPLAINED,
        /** It was not at its end after as many steps as it was given. */
        GIVEN_UP
    }

    /**
     * How a search ended.
     *
     * @param stuck where nothing explains the operations: the one to which no order came, of all that were tried
     */
    record Search(Answer answer, @Nullable Operation stuck) {}

    private SmallHistoryChecker() {}

    /** Whether some order explains the operations. */
    static boolean explains(List<Operation> operations) {
        return search(operations, Long.MAX_VALUE).answer == Answer.EXPLAINED;
    }

    /**
     * Looks for an order that explains the operations. An observation that fits is taken at once and for good: it changes nothing,
     * so it would fit before whatever it might come after. What need not have happened is tried last.
     *
     * @param states how many it may try, which it remembers
     */
    static Search search(List<Operation> operations, long states) {
        Map<Long, Long> seen = seen(operations);
        Entry head = entries(operations, Set.copyOf(seen.values()));
        LogModel log = new LogModel(seen, toldEnds(operations));
        BitSet done = new BitSet();
        Set<Tried> tried = new HashSet<>();
        Deque<Entry> order = new ArrayDeque<>();
        int farthest = -1;
        Operation stuck = null;
        boolean optional = false;
        Entry entry = head.next;
        while (entry != null) {
            if (entry.end == null && entry.optional) {
                break; // what is left need not have happened
            }
            if (entry.end == null && !optional) {
                optional = true;
                entry = head.next;
            } else if (entry.end == null) {
                if (order.size() > farthest) {
                    farthest = order.size();
                    stuck = entry.operation;
                }
                Entry last = takeBack(order, log, done);
                if (last == null) {
                    return new Search(Answer.UNEXPLAINED, stuck);
                }
                optional = last.optional;
                entry = last.next;
            } else if (optional && changesNothing(entry, head, log)) {
                entry = entry.next;
            } else if (entry.optional == optional && log.apply(entry.operation)) {
                done.set(entry.id, !entry.optional || entry.unseen);
                if (isObservation(entry.operation) || tried.add(new Tried((BitSet) done.clone(), log.state()))) {
                    if (tried.size() > states) {
                        return new Search(Answer.GIVEN_UP, null);
                    }
                    order.push(entry);
                    entry.lift();
                    optional = false;
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
        return new Search(Answer.EXPLAINED, null);
    }

    /** The last change and all that was seen after it; null when nothing was changed. */
    private static @Nullable Entry takeBack(Deque<Entry> order, LogModel log, BitSet done) {
        while (!order.isEmpty()) {
            Entry last = order.pop();
            done.clear(last.id);
            log.undo();
            last.unlift();
            if (!isObservation(last.operation)) {
                return last;
            }
        }
        return null;
    }

    private static boolean isObservation(Operation operation) {
        return switch (operation) {
            case Read _, Operation.Describe _, Operation.Status _ -> true;
            case Append _, Trim _ -> false;
        };
    }

    /** A trim below the start; an unseen append where another one, just as long, could stand in its place. */
    private static boolean changesNothing(Entry entry, Entry head, LogModel log) {
        if (entry.operation instanceof Trim trim) {
            return log.changesNothing(trim);
        }
        for (Entry other = head.next; entry.unseen && other != null && other != entry; other = other.next) {
            if (other.unseen && other.end != null && count(other) == count(entry)) {
                return true;
            }
        }
        return false;
    }

    private static int count(Entry entry) {
        return entry.operation instanceof Append append ? append.count() : 0;
    }

    private static Set<Long> toldEnds(List<Operation> operations) {
        Set<Long> ends = new HashSet<>();
        for (Operation operation : operations) {
            switch (operation) {
                case Read read -> ends.add(read.end());
                case Operation.Describe describe -> ends.add(describe.end());
                case Append _, Trim _, Operation.Status _ -> {}
            }
        }
        return ends;
    }

    /** Which record is at which offset, as it was told first. */
    private static Map<Long, Long> seen(List<Operation> operations) {
        Map<Long, Long> seen = new HashMap<>();
        for (Operation operation : operations) {
            if (operation instanceof Append append && append.call().ok()) {
                for (int i = 0; i < append.count(); i++) {
                    seen.putIfAbsent(append.firstOffset() + i, append.firstId() + i);
                }
            } else if (operation instanceof Read read) {
                for (Operation.Run run : read.records()) {
                    for (int i = 0; i < run.count(); i++) {
                        seen.putIfAbsent(run.offset() + i, run.firstId() + i);
                    }
                }
            }
        }
        return seen;
    }

    private static Entry entries(List<Operation> operations, Set<Long> seen) {
        List<Entry> entries = new ArrayList<>();
        for (Operation operation : operations) {
            Outcome outcome = operation.call().outcome();
            boolean change = operation instanceof Append || operation instanceof Trim;
            if (change && outcome == Outcome.FAIL) {
                continue;
            }
            boolean optional = change && outcome == Outcome.INFO;
            int id = entries.size() / 2;
            long returned = optional ? LAST : operation.call().returned();
            boolean unseen = optional && operation instanceof Append append && isUnseen(append, seen);
            Entry end = new Entry(id, operation, optional, unseen, returned, null);
            entries.add(new Entry(id, operation, optional, unseen, invoked(operation), end));
            entries.add(end);
        }
        // Who returns at the moment of another's call may come after it.
        entries.sort(Comparator.<Entry>comparingLong(entry -> entry.time).thenComparing(entry -> entry.end == null));
        Entry head = new Entry(-1, operations.getFirst(), false, false, Long.MIN_VALUE, null);
        Entry last = head;
        for (Entry entry : entries) {
            last.next = entry;
            entry.previous = last;
            last = entry;
        }
        return head;
    }

    private static boolean isUnseen(Append append, Set<Long> seen) {
        for (int i = 0; i < append.count(); i++) {
            if (seen.contains(append.firstId() + i)) {
                return false;
            }
        }
        return !append.ordered();
    }

    /** What need not be current is true if it was true at any time before. */
    private static long invoked(Operation operation) {
        Mode mode = switch (operation) {
            case Read read -> read.mode();
            case Operation.Describe describe -> describe.mode();
            case Append append -> Mode.LINEARIZABLE;
            case Trim _, Operation.Status _ -> Mode.LINEARIZABLE;
        };
        return mode == Mode.COMMITTED || mode == Mode.TAIL
                ? Long.MIN_VALUE
                : operation.call().invoked();
    }
}
