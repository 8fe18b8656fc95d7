package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.HOLE;
import static io.walnut.chaos.check.Anomaly.REPLICAS_DIFFER;

import io.walnut.chaos.history.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the nodes have at the end, each its whole log, in pieces that come in any order. A node that was not read to its end, or of
 * which a piece failed or is missing, is as one that was never read.
 */
final class FinalReads {
    private record Piece(long from, long to, long returned) {}

    private static final class Pieces {
        private final List<Piece> pieces = new ArrayList<>();
        private boolean failed;
        private long end = Operation.UNKNOWN;

        /** Null where it is not known to be whole. */
        private @Nullable Extent joined() {
            pieces.sort(Comparator.comparingLong(Piece::from));
            if (failed || pieces.isEmpty() || end == Operation.UNKNOWN) {
                return null;
            }
            Piece first = pieces.getFirst();
            long to = first.from;
            for (Piece piece : pieces) {
                if (piece.from > to) {
                    return null;
                }
                to = Math.max(to, piece.to);
            }
            return to < end ? null : new Extent(first.from, to, end, first.returned);
        }
    }

    /**
     * The log of a node.
     *
     * @param to one past what it was seen to have
     * @param end where it said that its log ends
     * @param known when it was seen to begin at its start
     */
    private record Extent(long start, long to, long end, long known) {}

    private final Findings findings;
    private final Map<String, Pieces> read = new TreeMap<>();
    private final Map<String, Extent> whole = new TreeMap<>();

    FinalReads(Findings findings) {
        this.findings = findings;
    }

    void add(Operation.Read piece) {
        Pieces pieces = read.computeIfAbsent(piece.node(), node -> new Pieces());
        if (piece.call().ok()) {
            pieces.pieces.add(new Piece(piece.from(), piece.to(), piece.call().returned()));
            pieces.end = Math.max(pieces.end, piece.end());
        } else {
            pieces.failed = true;
        }
    }

    /** After the last one; before anything is asked. */
    void join(StartTimes starts) {
        read.forEach((node, pieces) -> {
            Extent extent = pieces.joined();
            if (extent != null) {
                whole.put(node, extent);
                starts.reached(extent.start, extent.known);
            }
        });
    }

    /** Whether some node was read to its end. */
    boolean complete() {
        return !whole.isEmpty();
    }

    /** Whether each of these nodes was read to its end, and each other of which anything was read. */
    boolean complete(Set<String> nodes) {
        return complete() && whole.keySet().containsAll(nodes) && whole.keySet().containsAll(read.keySet());
    }

    /** First offset that every node still has. */
    long start() {
        return whole.values().stream().mapToLong(Extent::start).max().orElse(0);
    }

    /** End of the log of the node that has most. */
    long end() {
        return whole.values().stream().mapToLong(Extent::to).max().orElse(0);
    }

    /** The last read that came to the farthest. */
    Clue longest() {
        long end = end();
        return whole.entrySet().stream()
                .filter(node -> node.getValue().to == end)
                .findFirst()
                .map(node -> Clue.lastRead(node.getKey(), end))
                .orElse(operation -> false);
    }

    void check() {
        long start = start();
        long end = end();
        Clue longest = longest();
        whole.forEach((node, extent) -> {
            if (extent.to != end) {
                findings.add(
                        REPLICAS_DIFFER,
                        extent.to,
                        "the log of node " + node + " ends here, another one's at " + end + ", long after all faults",
                        Clue.lastRead(node, extent.to),
                        longest);
            } else if (extent.end != extent.to) {
                findings.add(
                        HOLE,
                        extent.to,
                        "node " + node + " says that its log ends at " + extent.end + ", not here",
                        Clue.lastRead(node, extent.to));
            }
            if (extent.start != start) {
                findings.add(
                        REPLICAS_DIFFER,
                        extent.start,
                        "the log of node " + node + " begins here, another one's at " + start
                                + ", long after all faults",
                        Clue.firstRead(node, extent.start),
                        Clue.firstRead(start));
            }
        });
    }
}
