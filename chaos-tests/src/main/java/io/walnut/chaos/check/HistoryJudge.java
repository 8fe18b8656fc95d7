package io.walnut.chaos.check;

import io.walnut.chaos.history.HistoryReader;
import io.walnut.chaos.history.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Judges a history from its file. One pass finds what is wrong. A second one, where there is need for it, finds who says so, and
 * takes out the small logs that were trimmed: of those a search says for certain what the first pass may have missed.
 */
public final class HistoryJudge {
    /** Operations of a log that is searched. */
    private static final int SMALL = 2_000;

    private static final int SMALL_IN_ALL = 500_000;
    private static final long STATES = 200_000;

    private HistoryJudge() {}

    /**
     * What is to be said of it.
     *
     * @throws io.walnut.chaos.history.HistoryFormatException when it is no history
     */
    public static Verdict judge(Path file) throws IOException {
        HistoryChecker checker = new HistoryChecker();
        read(file, checker::add);
        Verdict first = checker.judge();
        Witnesses witnesses = checker.witnesses();
        Map<String, List<Operation>> small = small(first);
        if (!witnesses.wanted() && small.isEmpty()) {
            return first;
        }
        read(file, operation -> {
            witnesses.look(operation);
            List<Operation> kept = small.get(operation.call().log());
            if (kept != null) {
                kept.add(operation);
            }
        });
        return searched(first.with(witnesses.violations()), small);
    }

    private static void read(Path file, Consumer<Operation> to) throws IOException {
        try (HistoryReader history = new HistoryReader(file)) {
            for (Operation next = history.next(); next != null; next = history.next()) {
                to.accept(next);
            }
        }
    }

    private static Map<String, List<Operation>> small(Verdict verdict) {
        Map<String, List<Operation>> small = new TreeMap<>();
        long operations = 0;
        for (Map.Entry<String, Long> log : verdict.trimmed().entrySet()) {
            if (log.getValue() <= SMALL && operations + log.getValue() <= SMALL_IN_ALL) {
                operations += log.getValue();
                small.put(log.getKey(), new ArrayList<>());
            }
        }
        return small;
    }

    private static Verdict searched(Verdict verdict, Map<String, List<Operation>> logs) {
        Map<Anomaly, Long> counts = new EnumMap<>(Anomaly.class);
        counts.putAll(verdict.counts());
        List<Violation> violations = new ArrayList<>(verdict.violations());
        int searched = 0;
        for (Map.Entry<String, List<Operation>> log : logs.entrySet()) {
            SmallHistoryChecker.Search search = SmallHistoryChecker.search(log.getValue(), STATES);
            if (search.answer() == SmallHistoryChecker.Answer.GIVEN_UP) {
                continue;
            }
            searched++;
            if (search.answer() == SmallHistoryChecker.Answer.UNEXPLAINED
                    && violations.stream().noneMatch(known -> known.log().equals(log.getKey()))) {
                counts.merge(Anomaly.UNEXPLAINED, 1L, Long::sum);
                violations.add(unexplained(log.getKey(), log.getValue().size(), search));
            }
        }
        return new Verdict(
                verdict.operations(),
                verdict.logs(),
                verdict.conclusive(),
                counts,
                violations,
                verdict.trimmed(),
                searched);
    }

    private static Violation unexplained(String log, int operations, SmallHistoryChecker.Search search) {
        Operation stuck = Objects.requireNonNull(search.stuck());
        return new Violation(
                Anomaly.UNEXPLAINED,
                log,
                0,
                "no order of its " + operations
                        + " operations explains all answers; this is the one to which none came",
                List.of(stuck));
    }
}
