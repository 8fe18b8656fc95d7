package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.TWO_LEADERS;
import static io.walnut.chaos.check.Anomaly.WENT_BACK;

import io.walnut.chaos.history.Operation.Status;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What nodes say of themselves: one of them leads in a term, and while a node runs its term and its commit index only grow. Across
 * its restarts nothing is promised of the commit index, which a node gets to know anew. For one thread.
 */
final class StatusChecker {
    private record Life(String node, long started) {}

    private final Findings findings = new Findings();
    private final Map<Long, Status> leaders = new HashMap<>(); // by term
    private final Map<Life, List<Status>> lives = new HashMap<>();

    /** In any order. */
    void add(Status status) {
        if (!status.call().ok()) {
            return;
        }
        lives.computeIfAbsent(new Life(status.node(), status.started()), life -> new ArrayList<>())
                .add(status);
        if (status.leads()) {
            Status other = Objects.requireNonNullElse(leaders.putIfAbsent(status.term(), status), status);
            if (!other.node().equals(status.node())) {
                findings.add(
                        TWO_LEADERS,
                        status.term(),
                        "node " + other.node() + " and node " + status.node() + " both led in term " + status.term(),
                        Clue.itself(other),
                        Clue.itself(status));
            }
        }
    }

    /** After the last one. */
    Findings judge() {
        lives.values().forEach(this::judge);
        return findings;
    }

    private void judge(List<Status> life) {
        List<Status> asked = new ArrayList<>(life);
        asked.sort(Comparator.comparingLong(status -> status.call().invoked()));
        life.sort(Comparator.comparingLong(status -> status.call().returned()));
        Status term = life.getFirst(); // the largest that was told before
        Status commit = term;
        int told = 0;
        for (Status status : asked) {
            while (life.get(told).call().returned() < status.call().invoked()) {
                Status before = life.get(told++);
                term = before.term() > term.term() ? before : term;
                commit = before.commitIndex() > commit.commitIndex() ? before : commit;
            }
            if (told > 0 && status.term() < term.term()) {
                wentBack("the term", term, status, term.term(), status.term());
            }
            if (told > 0 && status.commitIndex() < commit.commitIndex()) {
                wentBack("the commit index", commit, status, commit.commitIndex(), status.commitIndex());
            }
        }
    }

    private void wentBack(String what, Status before, Status after, long from, long to) {
        findings.add(
                WENT_BACK,
                to,
                what + " of node " + after.node() + " was " + from + ", and then " + to + ", without a restart",
                Clue.itself(before),
                Clue.itself(after));
    }
}
