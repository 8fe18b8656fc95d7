package io.walnut.wal.crash;

import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalException;
import io.walnut.wal.crash.DamagedFile.Example;
import io.walnut.wal.crash.DamagedFile.Part;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Damages one file everywhere, and holds what an open says against what is expected of that part of it. */
final class Damage {
    /** What came of one damage. */
    enum Outcome {
        /** The open refused, and changed nothing. */
        REFUSED_AT_OPEN,
        /** The open did not look at these bytes; reading them refused. */
        REFUSED_AT_READ,
        /** The adoption refused, and the log was as before. */
        REFUSED_AT_ADOPTION,
        /** Everything is there, and the recovery report tells of the damage. */
        SAID,
        /** Everything is there: no record depends on these bytes. */
        HARMLESS,
        /** Frames of the last write of a log that was not closed are gone; the report says torn. */
        LAST_WRITE_LOST,
        /** The newest segment is gone; the report says torn at its start. */
        FIRST_WRITE_LOST
    }

    private static final int TRIED_OUT = 61; // after one of so many that did no harm, the log is used and opened again

    private final Example example;
    private final UnaryOperator<Storage> wrapper;
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private final List<String> violations = new ArrayList<>();
    private int done;

    /** The log may see the storage through a wrapper, which is how this is shown to find what it is there to find. */
    Damage(Example example, UnaryOperator<Storage> wrapper) {
        this.example = example;
        this.wrapper = wrapper;
    }

    /** How often what came of it, by part of the file. */
    Map<String, Integer> outcomes() {
        return outcomes;
    }

    /** What was not as expected; empty is good. */
    List<String> violations() {
        return violations;
    }

    int done() {
        return done;
    }

    /** Flips every {@code step}th bit. */
    void flip(int step) {
        byte[] original = example.original();
        for (int bit = 0; bit < original.length * Byte.SIZE; bit += step) {
            byte[] damaged = original.clone();
            int at = bit / Byte.SIZE;
            damaged[at] ^= (byte) (1 << bit % Byte.SIZE);
            check(damaged, "bit " + bit % Byte.SIZE + " of byte " + at + " flipped", example.partAt(at));
        }
    }

    /** Zeroes every sector that is not. */
    void zero(int sector) {
        byte[] original = example.original();
        for (int at = 0; at < original.length; at += sector) {
            int end = Math.min(at + sector, original.length);
            byte[] damaged = original.clone();
            Arrays.fill(damaged, at, end, (byte) 0);
            if (!Arrays.equals(damaged, original)) {
                check(damaged, "bytes " + at + " to " + end + " zeroed", example.partAt(at));
            }
        }
    }

    /** Cuts it at every {@code step}th byte. */
    void cut(int step) {
        byte[] original = example.original();
        for (int length = 0; length < original.length; length += step) {
            check(Arrays.copyOf(original, length), "cut at " + length, example.cutAt(length));
        }
    }

    private void check(byte[] damaged, String what, Part part) {
        done++;
        Outcome outcome;
        try {
            outcome = example.adopted().isEmpty() ? open(damaged) : adopt(damaged);
        } catch (WalException | RuntimeException | AssertionError e) {
            violations.add(what + " (" + part.name() + ", expected " + part.expected() + "): " + e);
            return;
        }
        outcomes.merge(part.name() + " " + outcome, 1, Integer::sum);
        if (!isAsExpected(outcome, part.expected())) {
            violations.add(what + " (" + part.name() + "): " + outcome + ", expected " + part.expected());
        }
    }

    /** Sooner is as good. A bit that says nothing, of a write that may be lost, need not lose it. */
    private static boolean isAsExpected(Outcome outcome, Outcome expected) {
        return outcome == expected || (expected == Outcome.REFUSED_AT_READ && outcome == Outcome.REFUSED_AT_OPEN);
    }

    private Outcome open(byte[] damaged) throws WalException {
        Map<String, byte[]> disk = new HashMap<>(example.files());
        disk.put(example.damaged(), damaged);
        FaultyStorage storage = FaultyStorage.of(disk);
        try (Wal wal = Wal.open(wrapper.apply(storage), DamagedFile.options(example.spareBlocks()))) {
            return read(wal, storage, damaged.length);
        } catch (WalCorruptException e) {
            if (!same(disk, storage.contents())) {
                throw new AssertionError("refused, and the files were changed", e);
            }
            return Outcome.REFUSED_AT_OPEN;
        }
    }

    private Outcome read(Wal wal, FaultyStorage storage, int length) throws WalException {
        LogModel found;
        try {
            found = Scenario.contents(wal);
        } catch (WalCorruptException e) {
            return Outcome.REFUSED_AT_READ;
        }
        LogModel acknowledged = example.acknowledged();
        if (found.equals(acknowledged)) {
            if (done % TRIED_OUT == 0) {
                tryOut(wal, storage, found);
            }
            return wal.recoveryReport().notes().isEmpty() ? Outcome.HARMLESS : Outcome.SAID;
        }
        if (!found.equals(acknowledged.truncatedAfter(found.endLsn() - 1))) {
            throw new AssertionError("gave " + found + ", acknowledged " + acknowledged);
        }
        return lost(wal, found, length);
    }

    /** Which of the two losses that cannot be told from a crash it is. */
    private Outcome lost(Wal wal, LogModel found, int length) {
        List<Verdict> verdicts = wal.recoveryReport().segments().stream()
                .map(SegmentFinding::verdict)
                .toList();
        long lost = example.acknowledged().endLsn() - found.endLsn();
        if (verdicts.contains(Verdict.TORN) && lost <= 2) { // records of the last write
            return Outcome.LAST_WRITE_LOST;
        }
        if (verdicts.contains(Verdict.TORN_AT_START) || length == 0) { // an empty file is one that was only created
            return Outcome.FIRST_WRITE_LOST;
        }
        throw new AssertionError("lost " + lost + " records, found " + verdicts);
    }

    private Outcome adopt(byte[] damaged) throws WalException {
        FaultyStorage storage = FaultyStorage.of(example.files());
        example.outside().forEach(storage::putOutside);
        storage.putOutside(example.adopted().getFirst(), damaged);
        try (Wal wal = Wal.open(wrapper.apply(storage), DamagedFile.options(example.spareBlocks()))) {
            Map<String, byte[]> before = storage.contents();
            try {
                wal.adopt(example.adopted(), 4);
            } catch (WalCorruptException e) {
                if (!Scenario.contents(wal).equals(example.acknowledged()) || !same(before, storage.contents())) {
                    throw new AssertionError("refused, and the log is not as it was", e);
                }
                return Outcome.REFUSED_AT_ADOPTION;
            }
            throw new AssertionError("adopted: " + Scenario.contents(wal));
        }
    }

    /** What did no harm does none later either. */
    private static void tryOut(Wal wal, FaultyStorage storage, LogModel found) throws WalException {
        List<LogModel.Entry> more = List.of(new LogModel.Entry(7, "after"));
        wal.append(Scenario.encode(more));
        try (Wal again = Wal.open(FaultyStorage.of(storage.contents()), Scenario.options())) {
            if (!Scenario.contents(again).equals(found.with(more))) {
                throw new AssertionError("an append after it gave " + Scenario.contents(again));
            }
        }
    }

    private static boolean same(Map<String, byte[]> before, Map<String, byte[]> after) {
        return before.keySet().equals(after.keySet())
                && before.keySet().stream()
                        .allMatch(name -> Arrays.equals(before.get(name), Objects.requireNonNull(after.get(name))));
    }
}
