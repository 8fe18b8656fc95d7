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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A log that one client uses after another: what a cluster has to look like. Can go back. */
final class LogModel {
    /** All that later answers hang on: the records, those alike that nobody saw, by a hash of them in their order. */
    record State(int length, long hash, long start) {}

    private record Before(int length, long start, Map<Integer, Long> next) {}

    private static final long UNSEEN = -2;
    private static final long UNSEEN_NEXT = -3; // of a batch, not the first

    private final Map<Long, Long> seen;
    private final Set<Long> seenIds;
    private final Set<Long> toldEnds;
    private final List<Long> ids = new ArrayList<>();
    private final List<Long> hashes = new ArrayList<>(List.of(0L));
    private final Deque<Before> before = new ArrayDeque<>();
    private Map<Integer, Long> next = Map.of(); // of clients in order: the sequence that comes next
    private final BitSet ends = new BitSet(); // at which the log ended at some time
    private long start;

    /**
     * An empty one.
     *
     * @param seen which record somebody was told to be at an offset: no other may come there
     * @param toldEnds at which somebody was told that it ends
     */
    LogModel(Map<Long, Long> seen, Set<Long> toldEnds) {
        this.seen = seen;
        this.toldEnds = toldEnds;
        this.seenIds = Set.copyOf(seen.values());
        ends.set(0);
    }

    /** Whether the log would have answered so; then it is done. */
    boolean apply(Operation operation) {
        if (!answers(operation)) {
            return false;
        }
        before.push(new Before(ids.size(), start, next));
        switch (operation) {
            case Append append -> {
                if (append.ordered()) {
                    next = new HashMap<>(next);
                    next.merge(Ids.client(append.firstId()), (long) append.count(), Long::sum);
                }
                for (int i = 0; i < append.count(); i++) {
                    long id = append.firstId() + i;
                    ids.add(id);
                    long known = append.ordered() || seenIds.contains(id) ? id : unseen(i);
                    hashes.add((hashes.getLast() ^ known) * 0x9E3779B97F4A7C15L + Long.rotateLeft(known, 29));
                }
                ends.set(ids.size());
            }
            case Trim trim -> start = Math.max(start, trim.before());
            case Read _, Describe _, Status _ -> {}
        }
        return true;
    }

    /** Where batches begin matters only where somebody was told of an end. */
    private long unseen(int inBatch) {
        return inBatch > 0 && toldEnds.contains((long) ids.size() - 1) ? UNSEEN_NEXT : UNSEEN;
    }

    void undo() {
        Before last = before.pop();
        ends.clear(last.length + 1, ids.size() + 1);
        while (ids.size() > last.length) {
            ids.removeLast();
            hashes.removeLast();
        }
        start = last.start;
        next = last.next;
    }

    State state() {
        return new State(ids.size(), hashes.getLast(), start);
    }

    private boolean answers(Operation operation) {
        return switch (operation) {
            case Append append ->
                (append.firstOffset() == Operation.UNKNOWN || append.firstOffset() == ids.size())
                        && inOrder(append)
                        && fits(append);
            case Trim trim ->
                trim.before() <= ids.size()
                        && (trim.start() == Operation.UNKNOWN || trim.start() == Math.max(start, trim.before()));
            case Describe describe ->
                !describe.call().ok() || bounds(describe.mode(), describe.start(), describe.end());
            case Read read -> records(read) && bounds(read.mode(), read.start(), read.end());
            case Status _ -> true;
        };
    }

    private boolean fits(Append append) {
        for (int i = 0; i < append.count(); i++) {
            long id = append.firstId() + i;
            if (seen.getOrDefault((long) ids.size() + i, id) != id) {
                return false;
            }
        }
        return true;
    }

    /** Whether it would be as if it had not been. */
    boolean changesNothing(Trim trim) {
        return trim.before() <= start;
    }

    private boolean inOrder(Append append) {
        return !append.ordered()
                || Ids.sequence(append.firstId()) == next.getOrDefault(Ids.client(append.firstId()), 0L);
    }

    private boolean bounds(Mode mode, long toldStart, long toldEnd) {
        boolean current = mode == Mode.LINEARIZABLE || mode == Mode.FINAL;
        boolean endFits = toldEnd == Operation.UNKNOWN
                || (current ? toldEnd == ids.size() : ends.get((int) Math.min(toldEnd, Integer.MAX_VALUE)));
        boolean startFits = toldStart == Operation.UNKNOWN || (current ? toldStart == start : toldStart <= start);
        return endFits && startFits;
    }

    private boolean records(Read read) {
        long expected = read.from();
        for (Run run : read.records()) {
            for (int i = 0; i < run.count(); i++) {
                long offset = run.offset() + i;
                if (offset != expected || offset >= ids.size() || ids.get((int) offset) != run.firstId() + i) {
                    return false;
                }
                expected++;
            }
        }
        return read.records().isEmpty()
                || read.mode() != Mode.LINEARIZABLE
                || (read.from() >= start && (read.end() == Operation.UNKNOWN || read.end() >= expected));
    }
}
