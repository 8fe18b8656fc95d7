package io.walnut.chaos.export;

import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Appends of unknown outcome, until somebody sees their records. A program that searches an order tries each of them everywhere, and
 * does not come to an end when there are more than a few. But most of them are known after all: who saw a record says that
 * its append happened, where, and no later than that; and what a whole log does not have at the end never happened.
 */
final class Unknowns {
    /** An append that happened after all. */
    record Seen(Append append, long offset) {}

    private final Map<String, TreeMap<Long, Append>> unseen = new HashMap<>();
    private final WholeReads reads = new WholeReads();
    private final Set<String> readAtLast = new HashSet<>();

    void invoked(Operation operation) {
        if (operation instanceof Append append && append.call().outcome() == Outcome.INFO) {
            unseen.computeIfAbsent(append.call().log(), _ -> new TreeMap<>()).put(append.firstId(), append);
        } else if (operation instanceof Read read) {
            reads.begins(read);
        }
    }

    /** Those that this read is the first to see. */
    List<Seen> returned(Read read) {
        List<Seen> seen = new ArrayList<>();
        TreeMap<Long, Append> appends = unseen.getOrDefault(read.call().log(), new TreeMap<>());
        for (Run run : read.records()) {
            if (run.firstId() == Ids.ALTERED) {
                continue;
            }
            // A read may begin, or end, within a batch.
            Map.Entry<Long, Append> last = appends.floorEntry(run.firstId() + run.count() - 1);
            while (last != null && last.getKey() + last.getValue().count() > run.firstId()) {
                appends.remove(last.getKey());
                seen.add(new Seen(last.getValue(), run.offset() + last.getKey() - run.firstId()));
                last = appends.lowerEntry(last.getKey());
            }
        }
        if (reads.ended(read) != null && read.mode() == Operation.Mode.FINAL) {
            readAtLast.add(read.call().log());
        }
        return seen;
    }

    /** Whether it is certain by now that an append that nobody has seen never happened. */
    boolean isAbsent(Append append) {
        return readAtLast.contains(append.call().log());
    }
}
