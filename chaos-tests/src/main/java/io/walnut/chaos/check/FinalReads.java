package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.HOLE;
import static io.walnut.chaos.check.Anomaly.REPLICAS_DIFFER;

import io.walnut.chaos.history.Operation;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the nodes have at the end, each its whole log. */
final class FinalReads {
    private static final class Extent {
        private long start = Operation.UNKNOWN;
        private long to = Operation.UNKNOWN;
        private long end = Operation.UNKNOWN;
    }

    private final Findings findings;
    private final Map<String, Extent> nodes = new TreeMap<>();

    FinalReads(Findings findings) {
        this.findings = findings;
    }

    void add(Operation.Read read) {
        Extent extent = nodes.computeIfAbsent(read.node(), node -> new Extent());
        if (extent.start == Operation.UNKNOWN) {
            extent.start = read.from();
        } else if (read.from() != extent.to) {
            findings.add(
                    HOLE,
                    extent.to,
                    "node " + read.node() + " was read up to here, and then from " + read.from() + " on",
                    Clue.lastRead(read.node(), extent.to),
                    Clue.itself(read));
        }
        extent.to = read.to();
        extent.end = Math.max(extent.end, read.end());
    }

    /** Whether some node was read to its end. */
    boolean complete() {
        return nodes.values().stream().anyMatch(extent -> extent.end != Operation.UNKNOWN && extent.to >= extent.end);
    }

    /** Nodes that were read. */
    Set<String> nodes() {
        return nodes.keySet();
    }

    /** First offset that every node still has. */
    long start() {
        return nodes.values().stream().mapToLong(extent -> extent.start).max().orElse(0);
    }

    /** End of the log of the node that has most. */
    long end() {
        return nodes.values().stream().mapToLong(extent -> extent.to).max().orElse(0);
    }

    /** The last read that came to the farthest. */
    Clue longest() {
        long end = end();
        return nodes.entrySet().stream()
                .filter(node -> node.getValue().to == end)
                .findFirst()
                .map(node -> Clue.lastRead(node.getKey(), end))
                .orElse(operation -> false);
    }

    void check() {
        long end = end();
        Clue longest = longest();
        nodes.forEach((node, extent) -> {
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
        });
    }
}
