package io.walnut.wal.crash;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A small log, and what an open says when its files are damaged: it gives back exactly what was acknowledged, or refuses. One
 * thing else is allowed, and counted: the last write of a log that was not closed looks as if it had never been completed.
 */
final class Damage {
    /** What came of one damage. */
    enum Outcome {
        SAME,
        REFUSED_AT_OPEN,
        REFUSED_AT_READ,
        LAST_WRITE_LOST
    }

    /** First segment: two frames, sealed. Second: a write of one frame, then a write of two. Third: prepared. */
    private static final List<List<LogModel.Entry>> BATCHES = List.of(
            List.of(entry(1), entry(2)), List.of(entry(3)), List.of(entry(4)), List.of(entry(5)), List.of(entry(6)));

    private static final long LAST_WRITE_LSN = 4;
    private static final int LAST_WRITE_AT = 8192;
    static final String TAIL = Segment.name(1);

    private final Map<String, byte[]> files;
    private final boolean closed;
    private final LogModel acknowledged;
    private final UnaryOperator<Storage> wrapper;
    private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    private final List<String> violations = new ArrayList<>();

    /** The log may see the storage through a wrapper, which is how this is shown to find what it is there to find. */
    Damage(boolean closed, UnaryOperator<Storage> wrapper) throws IOException {
        this.closed = closed;
        this.wrapper = wrapper;
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, options());
        LogModel model = LogModel.empty();
        for (int i = 0; i < BATCHES.size(); i++) {
            model = model.with(BATCHES.get(i));
            if (i == BATCHES.size() - 2) {
                wal.enqueue(Scenario.encode(BATCHES.get(i)));
            } else {
                wal.append(Scenario.encode(BATCHES.get(i)));
            }
        }
        if (closed) {
            wal.close();
        }
        this.files = storage.contents();
        this.acknowledged = model;
    }

    private static LogModel.Entry entry(int number) {
        return new LogModel.Entry(number, "record " + number);
    }

    private static WalOptions options() {
        int[] salt = {1};
        return WalOptions.defaults()
                .withSizes(3 * 4096, 4000, 4 * 4096)
                .withBackgroundWork(BackgroundWork.INLINE)
                .withIdentity(() -> new UUID(1, 2))
                .withSalts(() -> salt[0] = salt[0] * 31 + 7);
    }

    Map<Outcome, Integer> outcomes() {
        return outcomes;
    }

    /** What was wrong; empty is good. */
    List<String> violations() {
        return violations;
    }

    /** Flips a bit of every byte of every file. */
    void flipEverywhere() {
        files.forEach((name, bytes) -> {
            for (int at = 0; at < bytes.length; at++) {
                byte[] damaged = bytes.clone();
                damaged[at] ^= (byte) (1 << at % Byte.SIZE);
                check(name, damaged, "bit " + at % Byte.SIZE + " of byte " + at + " flipped", at);
            }
        });
    }

    /** Zeroes every sector of every file. */
    void zeroEverywhere(int sector) {
        files.forEach((name, bytes) -> {
            for (int at = 0; at < bytes.length; at += sector) {
                int end = Math.min(at + sector, bytes.length);
                byte[] damaged = bytes.clone();
                Arrays.fill(damaged, at, end, (byte) 0);
                check(name, damaged, "bytes " + at + " to " + end + " zeroed", at);
            }
        });
    }

    /** Cuts every file that passes at every multiple of {@code step}. */
    void cut(int step, Predicate<String> which) {
        files.forEach((name, bytes) -> {
            if (!which.test(name)) {
                return;
            }
            for (int length = 0; length < bytes.length; length += step) {
                check(name, Arrays.copyOf(bytes, length), "cut at " + length, length);
            }
        });
    }

    private void check(String name, byte[] damaged, String what, int from) {
        Map<String, byte[]> disk = new HashMap<>(files);
        disk.put(name, damaged);
        FaultyStorage storage = FaultyStorage.of(disk);
        boolean isOpen = false;
        try {
            Wal wal = Wal.open(wrapper.apply(storage), options());
            isOpen = true;
            LogModel found = Scenario.contents(wal);
            if (found.equals(acknowledged)) {
                count(Outcome.SAME);
            } else if (isLastWriteLost(found) && !closed && name.equals(TAIL) && from >= LAST_WRITE_AT) {
                count(Outcome.LAST_WRITE_LOST);
            } else {
                violation(name, what, "gave " + found + ", acknowledged " + acknowledged);
            }
        } catch (WalCorruptException e) {
            count(isOpen ? Outcome.REFUSED_AT_READ : Outcome.REFUSED_AT_OPEN);
            if (!isOpen && !same(disk, storage.contents())) {
                violation(name, what, "was refused, and the files were changed");
            }
        } catch (WalException | RuntimeException | AssertionError e) {
            violation(name, what, "gave " + e);
        }
    }

    /** Frames of the last write lost from one of them on. */
    private boolean isLastWriteLost(LogModel found) {
        return found.startLsn() == acknowledged.startLsn()
                && found.endLsn() >= LAST_WRITE_LSN
                && found.endLsn() < acknowledged.endLsn()
                && found.equals(acknowledged.truncatedAfter(found.endLsn() - 1));
    }

    private static boolean same(Map<String, byte[]> before, Map<String, byte[]> after) {
        return before.keySet().equals(after.keySet())
                && before.keySet().stream()
                        .allMatch(name -> Arrays.equals(before.get(name), Objects.requireNonNull(after.get(name))));
    }

    private void count(Outcome outcome) {
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private void violation(String name, String what, String result) {
        violations.add(name + ", " + what + ": " + result);
    }
}
