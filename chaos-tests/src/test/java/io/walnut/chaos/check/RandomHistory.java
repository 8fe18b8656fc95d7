package io.walnut.chaos.check;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A small history that a log did answer, operations at random moments of their calls; and ways to spoil it. */
final class RandomHistory {
    private static final String LOG = "log";
    private static final int STEP = 10;
    private static final int PROCESSES = 4;

    private final Random random;
    private final boolean trims;
    private final boolean ordered;
    private final boolean[] stopped = new boolean[PROCESSES]; // of those in order: a batch of it is not there
    private final List<Operation> operations = new ArrayList<>();
    private final List<Long> log = new ArrayList<>();
    private final List<Integer> ends = new ArrayList<>(List.of(0)); // of the log, as it grew
    private final long[] sequences = new long[PROCESSES];
    private long start;
    private long time = STEP * 10L;

    private RandomHistory(Random random, boolean trims, boolean ordered) {
        this.random = random;
        this.trims = trims;
        this.ordered = ordered;
    }

    /** One that is true. */
    static List<Operation> honest(Random random, int length, boolean trims) {
        return honest(new RandomHistory(random, trims, false), length);
    }

    /** One whose clients have many batches in flight, each in its order. */
    static List<Operation> ordered(Random random, int length, boolean trims) {
        return honest(new RandomHistory(random, trims, true), length);
    }

    private static List<Operation> honest(RandomHistory history, int length) {
        for (int i = 0; i < length; i++) {
            history.operation();
        }
        history.last();
        return history.operations;
    }

    private void operation() {
        time += STEP;
        switch (random.nextInt(trims ? 10 : 8)) {
            case 0, 1, 2, 3 -> append();
            case 4 -> describe();
            case 8, 9 -> trim();
            default -> read();
        }
    }

    private Call call(Outcome outcome) {
        long invoked = time - random.nextInt(4 * STEP);
        long returned = time + random.nextInt(4 * STEP);
        return new Call(random.nextInt(PROCESSES), LOG, invoked, returned, outcome, "");
    }

    private void append() {
        int process = random.nextInt(PROCESSES);
        int count = 1 + random.nextInt(2);
        long firstId = Ids.of(process, sequences[process]);
        sequences[process] += ordered ? count : 2; // room for a batch that is spoiled to be larger
        int luck = stopped[process] ? 8 : random.nextInt(10);
        boolean applied = luck < 8;
        stopped[process] = ordered && !applied;
        long offset = log.size();
        if (applied) {
            for (int i = 0; i < count; i++) {
                log.add(firstId + i);
            }
            ends.add(log.size());
        }
        Outcome outcome = luck < 7 ? Outcome.OK : luck < 9 ? Outcome.INFO : Outcome.FAIL;
        operations.add(
                new Append(call(outcome), firstId, count, outcome == Outcome.OK ? offset : Operation.UNKNOWN, ordered));
    }

    private void describe() {
        boolean current = random.nextBoolean();
        operations.add(new Describe(
                call(Outcome.OK),
                current ? Mode.LINEARIZABLE : Mode.COMMITTED,
                "",
                start,
                current ? log.size() : ends.get(random.nextInt(ends.size()))));
    }

    private long seen() {
        return start + random.nextInt((int) (log.size() - start) + 1);
    }

    private void read() {
        long from = seen();
        Mode mode = random.nextBoolean() ? Mode.LINEARIZABLE : random.nextBoolean() ? Mode.COMMITTED : Mode.TAIL;
        long to = random.nextBoolean() ? log.size() : from + random.nextInt((int) (log.size() - from) + 1);
        boolean atEnd = to == log.size() && random.nextBoolean();
        operations.add(new Read(
                call(Outcome.OK), mode, "", from, runs(from, to), Operation.UNKNOWN, atEnd ? to : Operation.UNKNOWN));
    }

    private List<Run> runs(long from, long to) {
        List<Run> runs = new ArrayList<>();
        for (long offset = from; offset < to; offset++) {
            runs.add(new Run(offset, log.get((int) offset), 1));
        }
        return runs;
    }

    private void trim() {
        long before = seen();
        boolean known = random.nextInt(4) > 0;
        boolean applied = known || random.nextBoolean();
        if (applied) {
            start = Math.max(start, before);
        }
        operations.add(new Trim(
                call(known ? Outcome.OK : Outcome.INFO),
                before,
                known && random.nextBoolean() ? start : Operation.UNKNOWN));
    }

    private void last() {
        long after = time + 100 * STEP; // whatever is moved
        Call call = Call.ok(PROCESSES, LOG, after, after + STEP);
        operations.add(new Read(call, Mode.FINAL, "n1", start, runs(start, log.size()), start, log.size()));
    }

    /** The same with one thing changed in one operation; perhaps still true. */
    static List<Operation> spoiled(Random random, List<Operation> honest) {
        List<Operation> spoiled = new ArrayList<>(honest);
        int at = random.nextInt(spoiled.size());
        Operation changed = switch (spoiled.get(at)) {
            case Append append -> spoiled(random, append);
            case Read read -> spoiled(random, read);
            case Describe describe -> spoiled(random, describe);
            case Trim trim -> spoiled(random, trim);
            case Operation.Status status -> status; // there is none
        };
        spoiled.set(at, changed);
        return spoiled;
    }

    private static Call moved(Random random, Call call) {
        int by = random.nextInt(8 * STEP) - 4 * STEP;
        return new Call(
                call.process(), call.log(), call.invoked() + by, call.returned() + by, call.outcome(), call.error());
    }

    private static Append spoiled(Random random, Append append) {
        Call call = append.call();
        return switch (random.nextInt(4)) {
            case 0 ->
                new Append(
                        moved(random, call), append.firstId(), append.count(), append.firstOffset(), append.ordered());
            case 1 -> {
                Outcome outcome = call.outcome() == Outcome.FAIL ? Outcome.INFO : Outcome.FAIL;
                yield new Append(
                        new Call(call.process(), call.log(), call.invoked(), call.returned(), outcome, ""),
                        append.firstId(),
                        append.count(),
                        Operation.UNKNOWN,
                        append.ordered());
            }
            case 2 ->
                new Append(
                        call,
                        append.firstId(),
                        append.count(),
                        call.ok() ? Math.max(0, append.firstOffset() + random.nextInt(3) - 1) : Operation.UNKNOWN,
                        append.ordered());
            default ->
                append.ordered()
                        ? append // its other batches have all other numbers
                        : new Append(call, append.firstId(), append.count() == 1 ? 2 : 1, append.firstOffset());
        };
    }

    private static Read spoiled(Random random, Read read) {
        Call call = read.mode() == Mode.FINAL ? read.call() : moved(random, read.call());
        List<Run> runs = new ArrayList<>(read.records());
        if (runs.isEmpty()) {
            return new Read(call, read.mode(), read.node(), read.from(), runs, read.start(), read.end());
        }
        int at = random.nextInt(runs.size());
        Run run = runs.get(at);
        switch (random.nextInt(4)) {
            case 0 -> runs.removeLast();
            case 1 ->
                runs.set(
                        at,
                        new Run(
                                run.offset(),
                                runs.get(random.nextInt(runs.size())).firstId(),
                                1));
            case 2 -> runs.set(at, new Run(run.offset(), Ids.of(random.nextInt(PROCESSES), random.nextInt(5)), 1));
            default -> {
                Run other = runs.get((at + 1) % runs.size());
                runs.set(at, new Run(run.offset(), other.firstId(), 1));
                runs.set((at + 1) % runs.size(), new Run(other.offset(), run.firstId(), 1));
            }
        }
        long to = runs.isEmpty() ? read.from() : runs.getLast().endOffset();
        // A reader that is told of an end mostly reads up to it; a last one that does not is no last one.
        long off = read.mode() == Mode.FINAL || random.nextInt(4) > 0 ? 0 : random.nextInt(3) - 1;
        long end = read.end() < 0 && off == 0 ? read.end() : Math.max(0, to + off);
        return new Read(call, read.mode(), read.node(), read.from(), runs, read.start(), end);
    }

    private static Describe spoiled(Random random, Describe describe) {
        return random.nextBoolean()
                ? new Describe(
                        moved(random, describe.call()),
                        describe.mode(),
                        describe.node(),
                        describe.start(),
                        describe.end())
                : new Describe(
                        describe.call(),
                        describe.mode(),
                        describe.node(),
                        describe.start(),
                        Math.max(0, describe.end() + random.nextInt(3) - 1));
    }

    private static Trim spoiled(Random random, Trim trim) {
        return random.nextBoolean()
                ? new Trim(moved(random, trim.call()), trim.before(), trim.start())
                : new Trim(trim.call(), Math.max(0, trim.before() + random.nextInt(3) - 1), trim.start());
    }
}
