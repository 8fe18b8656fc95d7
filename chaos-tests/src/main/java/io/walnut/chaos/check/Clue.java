package io.walnut.chaos.check;

import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;

/** What a witness is known by. The check keeps no operations: those that it speaks of are looked for again by their clues. */
interface Clue {
    boolean fits(Operation operation);

    static Clue itself(Operation known) {
        return known::equals;
    }

    /** Was told that this record is at this offset. */
    static Clue saw(long offset, long id) {
        return operation -> switch (operation) {
            case Append append ->
                append.call().ok()
                        && covers(append.firstOffset(), append.count(), offset)
                        && append.firstId() + offset - append.firstOffset() == id;
            case Read read -> read.records().stream().anyMatch(run -> saw(run, offset, id));
            case Describe _, Trim _, Status _ -> false;
        };
    }

    private static boolean saw(Run run, long offset, long id) {
        return covers(run.offset(), run.count(), offset)
                && (id == Ids.ALTERED ? run.firstId() == id : run.firstId() + offset - run.offset() == id);
    }

    /** Wanted to append this record. */
    static Clue appends(long id) {
        return operation -> operation instanceof Append append && covers(append.firstId(), append.count(), id);
    }

    private static boolean covers(long first, int count, long wanted) {
        return wanted >= first && wanted < first + count;
    }

    /** Wanted to append something, from this time on. */
    static Clue appendsSince(long invoked) {
        return operation -> operation instanceof Append append
                && append.call().invoked() == invoked
                && append.call().outcome() != Outcome.FAIL;
    }

    /** Knew that the log goes as far as this, or farther. */
    static Clue knewEnd(long end) {
        return operation -> end(operation) >= end;
    }

    /** The same, at this time. */
    static Clue knewEnd(long end, long returned) {
        return operation -> operation.call().returned() == returned && end(operation) >= end;
    }

    /** From this time on was told that the log ends before this. */
    static Clue missed(long end, long invoked) {
        return operation -> operation.call().invoked() == invoked
                && current(operation)
                && toldEnd(operation) != Operation.UNKNOWN
                && toldEnd(operation) < end;
    }

    /** Was told that the log ends here. */
    static Clue sawEnd(long end) {
        return operation -> toldEnd(operation) == end;
    }

    /** At this time knew that nothing below this offset is there. */
    static Clue knewStart(long start, long returned) {
        return operation -> operation.call().returned() == returned && start(operation) >= start;
    }

    /** From this time on saw something below this offset, or was told that it is there. */
    static Clue sawBelow(long start, long invoked) {
        return operation -> operation.call().invoked() == invoked
                && ((toldStart(operation) != Operation.UNKNOWN && toldStart(operation) < start)
                        || (operation instanceof Read read && !read.records().isEmpty() && read.from() < start));
    }

    /** Wanted everything below this offset gone, from this time on. */
    static Clue trimsSince(long invoked) {
        return operation -> operation instanceof Trim trim && trim.call().invoked() == invoked;
    }

    /** A last read of a node that came to this offset. */
    static Clue lastRead(String node, long to) {
        return operation -> operation instanceof Read read
                && read.mode() == Mode.FINAL
                && read.node().equals(node)
                && read.to() == to;
    }

    /** A last read of a node that began at this offset. */
    static Clue firstRead(String node, long from) {
        return operation -> firstRead(from).fits(operation)
                && operation instanceof Read read
                && read.node().equals(node);
    }

    /** The same of any node. */
    static Clue firstRead(long from) {
        return operation -> operation instanceof Read read && read.mode() == Mode.FINAL && read.from() == from;
    }

    private static boolean current(Operation operation) {
        return switch (operation) {
            case Read read -> read.mode() == Mode.LINEARIZABLE;
            case Describe describe -> describe.mode() == Mode.LINEARIZABLE;
            case Append _, Trim _, Status _ -> false;
        };
    }

    private static long end(Operation operation) {
        return switch (operation) {
            case Append append -> append.call().ok() ? append.firstOffset() + append.count() : Operation.UNKNOWN;
            case Read read -> read.records().isEmpty() ? read.end() : Math.max(read.to(), read.end());
            case Describe describe -> describe.end();
            case Trim trim -> trim.call().ok() ? trim.before() : Operation.UNKNOWN;
            case Status _ -> Operation.UNKNOWN;
        };
    }

    private static long toldEnd(Operation operation) {
        return switch (operation) {
            case Read read -> read.end();
            case Describe describe -> describe.end();
            case Append _, Trim _, Status _ -> Operation.UNKNOWN;
        };
    }

    private static long start(Operation operation) {
        return operation instanceof Trim trim && trim.call().ok()
                ? Math.max(trim.before(), trim.start())
                : toldStart(operation);
    }

    private static long toldStart(Operation operation) {
        return switch (operation) {
            case Read read -> read.start();
            case Describe describe -> describe.start();
            case Trim trim -> trim.start();
            case Append _, Status _ -> Operation.UNKNOWN;
        };
    }
}
