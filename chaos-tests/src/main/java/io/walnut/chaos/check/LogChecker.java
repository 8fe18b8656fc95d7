package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.FAILED_APPEND_IS_THERE;
import static io.walnut.chaos.check.Anomaly.FUTURE;
import static io.walnut.chaos.check.Anomaly.HOLE;
import static io.walnut.chaos.check.Anomaly.LOST;
import static io.walnut.chaos.check.Anomaly.TORN_BATCH;
import static io.walnut.chaos.check.Anomaly.TRIM_UNDONE;

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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Judges the history of one log, in time and memory that grow with its operations and records. Takes the operations in any order;
 * for one thread. Exact where nothing is trimmed and the log was read to its end afterwards: it finds fault if and only if the
 * operations have no order that one log, used by one client after another, could have answered, and that keeps to real time.
 */
final class LogChecker {
    private final Findings findings = new Findings();
    private final VersionOrder order = new VersionOrder(findings);
    private final EndTimes ends = new EndTimes(findings, order::idAt);
    private final StartTimes starts = new StartTimes(findings);
    private final FinalReads finals = new FinalReads(findings);
    private final List<Append> unknown = new ArrayList<>();
    private final List<Append> failed = new ArrayList<>();
    private final Set<String> asked = new HashSet<>(); // nodes, each for what it has itself
    private long unseen; // records of appends with an unknown outcome
    private long toldEnd; // the farthest that anybody was told of
    private boolean trimmed;
    private long operations;

    void add(Operation operation) {
        operations++;
        switch (operation) {
            case Append append -> append(append);
            case Read read -> read(read);
            case Describe describe -> describe(describe);
            case Trim trim -> trim(trim);
            case Status _ -> {} // of no log
        }
    }

    private void append(Append append) {
        order.invoked(append.firstId(), append.count());
        if (append.ordered()) {
            order.inOrder(append.firstId());
        }
        switch (append.call().outcome()) {
            case FAIL -> failed.add(append);
            case INFO -> unknown.add(append);
            case OK -> {
                long offset = append.firstOffset();
                order.put(offset, append.firstId(), append.count());
                ends.batch(offset, append.count());
                ends.appendedSince(offset, append.call().invoked());
                ends.appendedUntil(offset + append.count(), append.call().returned());
                toldEnd = Math.max(toldEnd, offset + append.count());
            }
        }
    }

    private void read(Read read) {
        asked.add(read.node());
        // Also of one that failed in the end: what came was there.
        long expected = read.from();
        for (Run run : read.records()) {
            if (run.offset() != expected) {
                findings.add(HOLE, expected, "a read went on with offset " + run.offset(), Clue.itself(read));
            }
            order.put(run);
            expected = run.endOffset();
        }
        long returned = read.call().returned();
        if (!read.records().isEmpty()) {
            ends.reached(expected, returned);
            if (read.mode() == Mode.LINEARIZABLE) {
                starts.notBeyond(read.from(), read.call().invoked());
                findContradictions(read, expected);
            }
        }
        if (read.mode() == Mode.FINAL) {
            finals.add(read);
        }
        bounds(read.call().invoked(), returned, read.mode(), read.start(), read.end());
    }

    /** One answer: what it brought was there when the log began and ended as it says. */
    private void findContradictions(Read read, long to) {
        if (read.end() != Operation.UNKNOWN && read.end() < to) {
            findings.add(
                    FUTURE,
                    read.end(),
                    "a read said that the log ends here, and brought what comes after it, up to " + to,
                    Clue.itself(read));
        }
        if (read.start() > read.from()) {
            findings.add(
                    TRIM_UNDONE,
                    read.from(),
                    "a read said that the log begins at " + read.start() + ", and brought what comes before that",
                    Clue.itself(read));
        }
    }

    private void describe(Describe describe) {
        asked.add(describe.node());
        if (describe.call().ok()) {
            bounds(
                    describe.call().invoked(),
                    describe.call().returned(),
                    describe.mode(),
                    describe.start(),
                    describe.end());
        }
    }

    private void bounds(long invoked, long returned, Mode mode, long start, long end) {
        boolean current = mode == Mode.LINEARIZABLE || mode == Mode.FINAL;
        if (end != Operation.UNKNOWN) {
            toldEnd = Math.max(toldEnd, end);
            if (mode == Mode.LINEARIZABLE) { // a last one that is too short is a loss, and told as that
                ends.exactly(end, invoked, returned);
            } else {
                ends.sawEnd(end);
                ends.reached(end, returned);
            }
        }
        if (start != Operation.UNKNOWN) {
            if (current) {
                starts.exactly(start, invoked, returned);
            } else {
                starts.reached(start, returned);
            }
        }
    }

    private void trim(Trim trim) {
        if (trim.call().outcome() == Outcome.FAIL) {
            return;
        }
        trimmed = true;
        starts.trimmedSince(trim.before(), trim.call().invoked());
        if (trim.call().ok()) {
            starts.reached(trim.before(), trim.call().returned());
            ends.reached(trim.before(), trim.call().returned());
            toldEnd = Math.max(toldEnd, trim.before());
            if (trim.start() != Operation.UNKNOWN) {
                starts.exactly(trim.start(), trim.call().invoked(), trim.call().returned());
                if (trim.start() < trim.before()) {
                    findings.add(
                            TRIM_UNDONE,
                            trim.start(),
                            "a trim before " + trim.before() + " said that it is done, and that the log begins here",
                            Clue.itself(trim));
                }
            }
        }
    }

    /** After the last operation. */
    Findings judge() {
        finals.join(starts);
        unknown.forEach(this::judgeUnknown);
        failed.forEach(this::judgeFailed);
        finals.check();
        order.findPhantoms();
        order.findOutOfOrder();
        long end = Math.max(order.end(), toldEnd);
        if (finals.complete()) {
            findHoles();
            if (end > finals.end()) {
                findings.add(
                        LOST,
                        finals.end(),
                        "the log ends here at last, and " + (end - finals.end())
                                + " records from here on had been acknowledged or read",
                        Clue.knewEnd(finals.end() + 1),
                        finals.longest());
            }
        }
        ends.check(end);
        starts.check();
        return findings;
    }

    /** Whether everything that must be known to acquit is known: what each node has that was ever asked. */
    boolean conclusive() {
        asked.remove(""); // where the client chose
        return finals.complete(asked);
    }

    boolean trimmed() {
        return trimmed;
    }

    long operations() {
        return operations;
    }

    private void judgeUnknown(Append append) {
        long base = Operation.UNKNOWN; // where the batch begins, by the first record of it that was seen
        int there = 0;
        int lastMissing = -1;
        for (int i = 0; i < append.count(); i++) {
            long offset = order.offsetOf(append.firstId() + i);
            if (offset < 0) {
                lastMissing = i;
                continue;
            }
            if (there++ == 0) {
                base = offset - i;
            }
            ends.appendedSince(offset, append.call().invoked());
            if (offset - i != base || base < 0) {
                findings.add(
                        TORN_BATCH,
                        offset,
                        "record " + Ids.text(append.firstId() + i) + " is not with its batch",
                        Clue.itself(append),
                        Clue.saw(offset, append.firstId() + i));
            }
        }
        unseen += append.count() - there;
        if (there > 0 && base >= 0) {
            ends.batch(base, append.count());
        }
        // What is below the start may have been there before it was trimmed.
        if (there > 0 && lastMissing >= 0 && finals.complete() && base + lastMissing >= finals.start()) {
            findings.add(
                    TORN_BATCH,
                    Math.max(base, 0),
                    there + " of the " + append.count() + " records of the batch of " + Ids.text(append.firstId()),
                    Clue.itself(append),
                    finals.longest());
        }
    }

    private void judgeFailed(Append append) {
        for (int i = 0; i < append.count(); i++) {
            long offset = order.offsetOf(append.firstId() + i);
            if (offset >= 0) {
                findings.add(
                        FAILED_APPEND_IS_THERE,
                        offset,
                        "record " + Ids.text(append.firstId() + i) + ", of which it was said that it is not: "
                                + append.call().error(),
                        Clue.itself(append),
                        Clue.saw(offset, append.firstId() + i));
            }
        }
    }

    private void findHoles() {
        long untold = 0;
        for (long offset = 0; offset < finals.start(); offset++) {
            untold += order.known(offset) ? 0 : 1;
        }
        if (untold > unseen) {
            findings.add(
                    HOLE,
                    0,
                    untold
                            + " records were trimmed that nobody ever saw, and the appends that may have put them there have "
                            + unseen,
                    finals.longest());
        }
        for (long offset = finals.start(); offset < finals.end(); offset++) {
            if (!order.known(offset)) {
                findings.add(HOLE, offset, "nobody was told what is here", finals.longest());
            }
        }
    }
}
