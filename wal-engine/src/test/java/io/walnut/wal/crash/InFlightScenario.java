package io.walnut.wal.crash;

import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalPoisonedException;
import io.walnut.wal.crash.LogModel.Entry;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Several durable writes of a log under way at once, by as many threads, which this lets run one at a time: a write stays under
 * way until it is picked, in any order, to come to the disk or to fail. Before each operation on the storage, and whenever all
 * stand still, it is noted what the disk may hold if the power fails then, and what is allowed to be found. The same seed makes
 * the same choices.
 */
final class InFlightScenario {
    private static final int APPENDERS = 7;
    private static final int STEPS = 28;
    private static final int IMAGES_PER_MOMENT = 12;

    /** What a disk may hold at one moment, and the logs that may be found on it. */
    record Moment(String what, List<Map<String, byte[]>> images, Set<LogModel> allowed, int inFlight) {}

    private static final int MAX_RECORD_BYTES = 3_900; // three of them are a batch that is not too large

    private final Random random;
    private final Random imageRandom;
    private final FaultyStorage disk = new FaultyStorage();
    private final HeldThreads threads = new HeldThreads(APPENDERS + 1);
    private final List<Moment> moments = new ArrayList<>(); // guarded by the storage's lock
    private final List<Append> given = new ArrayList<>(); // have their LSNs, and no change of the segments came since
    private LogModel base = LogModel.empty(); // what is there before them, acknowledged
    private volatile Set<LogModel> changed = Set.of(); // what a change that is under way makes of it
    private boolean poisoned;
    private int serial;

    /** A batch on its way. */
    private static final class Append {
        final List<Entry> entries;
        volatile boolean acknowledged;
        volatile boolean failed;

        Append(List<Entry> entries) {
            this.entries = entries;
        }
    }

    InFlightScenario(long seed) {
        this.random = new Random(seed);
        this.imageRandom = new Random(seed + 1);
    }

    List<String> trace() {
        return disk.trace();
    }

    /** Runs it; the moments of it. */
    List<Moment> run() throws Exception {
        Wal wal = Wal.open(disk, Scenario.options());
        disk.holdDurableWrites((name, _) -> {
            if (name.endsWith(".seg")) {
                threads.hold();
            }
        });
        disk.refuse((ordinal, kind, name) -> {
            if (kind != Kind.READ && kind != Kind.OPEN) {
                note(ordinal + " " + kind + " " + name);
            }
        });
        try {
            for (int step = 0; step < STEPS && !poisoned; step++) {
                step(wal);
                note("step " + step);
            }
            finish(wal);
        } finally {
            threads.end();
        }
        return moments;
    }

    private void note(String what) {
        synchronized (disk) {
            moments.add(new Moment(
                    what, disk.crashImages().choose(IMAGES_PER_MOMENT, imageRandom), allowed(), threads.held()));
        }
    }

    private Set<LogModel> allowed() {
        Set<LogModel> states = new LinkedHashSet<>(changed);
        int acknowledged = 0;
        for (int i = 0; i < given.size(); i++) {
            acknowledged = given.get(i).acknowledged ? i + 1 : acknowledged; // and so is all before it
        }
        LogModel state = base;
        for (int i = 0; i <= given.size(); i++) {
            if (i >= acknowledged) {
                states.add(state);
            }
            state = i < given.size() ? state.with(given.get(i).entries) : state;
        }
        return states;
    }

    private void step(Wal wal) throws Exception {
        int held = threads.held();
        int choice = random.nextInt(16);
        if (choice < 8 && threads.free() > 1) {
            append(wal);
        } else if (choice < 13 && held > 0) {
            threads.letGo(random.nextInt(held), null);
        } else if (choice == 13 && threads.free() > 0) {
            change(wal);
        } else if (choice == 14 && held > 1 && random.nextInt(6) == 0) {
            poisoned = true;
            threads.letGo(random.nextInt(held), new IOException("planted"));
        } else if (held > 0) {
            threads.letGo(held - 1, null); // the last first
        } else if (threads.free() > 1) {
            append(wal);
        } else {
            threads.letGoUntil("somebody goes on", random, () -> threads.held() > 0 || threads.free() > 1);
        }
        settle();
    }

    private void append(Wal wal) throws Exception {
        List<Entry> batch = batch();
        Append append = new Append(batch);
        long lsn = wal.endLsn();
        synchronized (disk) {
            given.add(append);
        }
        threads.start(() -> {
            try {
                long at = wal.append(Scenario.encode(batch));
                if (at != lsn) {
                    throw new AssertionError("append returned LSN " + at + ", wanted " + lsn);
                }
                append.acknowledged = true;
            } catch (WalPoisonedException e) {
                append.failed = true;
            }
        });
        threads.settle();
        // One that waits for room has no LSN yet, and another one might overtake it.
        threads.letGoUntil("an append has its LSN", random, () -> wal.endLsn() > lsn || append.failed);
    }

    private List<Entry> batch() {
        var batch = new ArrayList<Entry>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            int size = random.nextInt(5) == 0 ? random.nextInt(MAX_RECORD_BYTES) : random.nextInt(60);
            batch.add(new Entry(random.nextLong(), serial++ + ":" + "x".repeat(size)));
        }
        return batch;
    }

    private interface Change {
        void run() throws WalException;
    }

    /** It waits for all that is under way, which comes to the disk in any order. */
    private void change(Wal wal) throws Exception {
        LogModel whole = whole();
        LogModel after;
        Change change;
        long lsn = whole.startLsn() + random.nextInt(whole.records().size() + 1);
        switch (random.nextInt(6)) {
            case 0 -> {
                after = whole.truncatedAfter(lsn);
                change = () -> wal.truncateAfter(lsn);
            }
            case 1, 2 -> {
                after = whole.trimmedBefore(lsn);
                change = () -> {
                    wal.awaitDurable(whole.endLsn() - 1);
                    wal.trimBefore(lsn);
                };
            }
            case 3 -> {
                after = new LogModel(lsn, List.of()); // LSNs are taken back
                change = () -> wal.reset(after.startLsn());
            }
            default -> {
                after = whole;
                change = wal::roll;
            }
        }
        if (whole.records().isEmpty()) {
            return;
        }
        changed = Set.of(after);
        AtomicBoolean done = new AtomicBoolean();
        threads.start(() -> {
            change.run();
            done.set(true);
        });
        threads.settle();
        threads.letGoUntil("the change is made", random, threads::allFree);
        if (!done.get()) {
            throw new AssertionError("the change did not come to its end");
        }
        synchronized (disk) {
            base = after;
            given.clear();
            changed = Set.of();
        }
    }

    private LogModel whole() {
        LogModel state = base;
        for (Append append : given) {
            state = state.with(append.entries);
        }
        return state;
    }

    /** What is acknowledged, from the front, is what the log holds for good. */
    private void settle() {
        threads.settle();
        synchronized (disk) {
            while (!given.isEmpty() && given.getFirst().acknowledged) {
                base = base.with(given.removeFirst().entries);
            }
        }
    }

    private void finish(Wal wal) throws Exception {
        threads.letGoUntil("all is done", random, threads::allFree);
        settle();
        if (!poisoned) {
            for (Append append : given) {
                throw new AssertionError("not acknowledged: " + append.entries);
            }
        }
        disk.refuse((_, _, _) -> {});
        note("end");
        try {
            wal.close();
        } catch (WalPoisonedException e) {
            if (!poisoned) {
                throw e;
            }
        }
        LogModel left = Scenario.contents(Wal.open(FaultyStorage.of(disk.contents()), Scenario.options()));
        if (!allowed().contains(left)) {
            throw new AssertionError("closed with " + left + ", allowed " + allowed());
        }
    }
}
