package io.walnut.wal.crash;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.Checkpoint;
import io.walnut.wal.Cursor;
import io.walnut.wal.Durability;
import io.walnut.wal.Gap;
import io.walnut.wal.LsnRange;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalRecord;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.Storage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs the same steps on a log and on the model. At any moment {@link #allowed} says what a recovery may find: everything that
 * was acknowledged, and of what was under way all or nothing.
 */
final class Scenario {
    private static final int SEGMENT_BYTES = 32 << 10;
    private static final int MAX_BATCH_BYTES = 12 << 10;
    private static final int MAX_BYTES_IN_FLIGHT = 64 << 10;

    /** What the steps are made of. */
    enum Mix {
        /** Everything but checkpoints, each append durable on return. */
        GENERAL,
        /** Checkpoints, and adoptions of earlier ones. */
        CHECKPOINTS,
        /** Several batches in most writes, so that a torn one may end between two frames. */
        GROUPS,
        /** Appends that are durable only when somebody asks: several writes of a file wait for one sync. */
        LAZY,
        /** Compactions and repairs, and changes that take away what they have made, also to give its LSNs anew. */
        COMPACTIONS;

        static Mix of(long seed) {
            return values()[(int) Math.floorMod(seed, (long) values().length)];
        }
    }

    /** What a checkpoint made, and all records that its files hold from the first one's base on. */
    private record Image(List<Path> files, long baseLsn, List<LogModel.Entry> records) {}

    private final Random random;
    private final Mix mix;
    private final TreeMap<Long, LogModel.Entry> inFiles = new TreeMap<>(); // trimmed ones too: their file may live
    private final List<Image> images = new ArrayList<>();
    private LogModel acknowledged;
    private @Nullable Wal open;
    private final List<List<LogModel.Entry>> enqueued = new ArrayList<>();
    private Set<LogModel> underWay = Set.of();
    private int serial;
    private int checkpoints;

    Scenario(long seed) {
        this(seed, Mix.of(seed), LogModel.empty());
    }

    /** Goes on with a log that holds {@code found}. */
    Scenario(long seed, Mix mix, LogModel found) {
        this.random = new Random(seed);
        this.mix = mix;
        this.acknowledged = found;
    }

    static WalOptions options() {
        return options(Mix.GENERAL);
    }

    static WalOptions options(Mix mix) {
        int[] salt = {1};
        return WalOptions.defaults()
                .withSizes(SEGMENT_BYTES, MAX_BATCH_BYTES, MAX_BYTES_IN_FLIGHT)
                .withDurability(mix == Mix.LAZY ? Durability.os() : Durability.sync())
                .withBackgroundWork(BackgroundWork.INLINE)
                .withIdentity(() -> new UUID(1, 2))
                .withSalts(() -> salt[0] = salt[0] * 31 + 7);
    }

    /** What a recovery may find when the crash comes now. */
    Set<LogModel> allowed() {
        Set<LogModel> states = new LinkedHashSet<>(underWay);
        LogModel state = acknowledged;
        states.add(state);
        for (List<LogModel.Entry> batch : enqueued) {
            state = state.with(batch);
            states.add(state);
        }
        return states;
    }

    LogModel acknowledged() {
        return acknowledged;
    }

    /** Opens the log, does {@code steps} random steps, closing and opening again between some, and closes it. */
    void run(Storage storage, int steps) throws WalException {
        Wal wal = open(storage);
        if (mix == Mix.CHECKPOINTS) {
            append(wal, batch());
        }
        for (int i = 0; i < steps; i++) {
            wal = step(wal, storage);
        }
        close(wal);
    }

    private Wal open(Storage storage) throws WalException {
        open = null;
        Wal wal = Wal.open(storage, options(mix));
        open = wal;
        return wal;
    }

    /** The log as it is when {@link #run} ended with an exception; null when opening it failed. */
    @Nullable
    Wal log() {
        return open;
    }

    private Wal step(Wal wal, Storage storage) throws WalException {
        int choice = random.nextInt(21);
        if (mix == Mix.CHECKPOINTS && choice >= 6 && choice <= 15) {
            checkpointOrAdopt(wal, choice);
            return wal;
        }
        if (mix == Mix.COMPACTIONS && choice >= 6 && choice <= 17) {
            compactOrTakeAway(wal, choice);
            return wal;
        }
        if (mix == Mix.GROUPS && choice <= 5) {
            enqueue(wal, batch());
            enqueue(wal, batch());
            return wal;
        }
        switch (choice) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> append(wal, batch());
            case 8, 9, 10 -> enqueue(wal, batch());
            case 11 -> await(wal);
            case 12, 13 -> truncate(wal);
            case 14, 15 -> trim(wal);
            case 16 -> {
                wal.roll();
                settle();
            }
            case 17 -> reset(wal, whole().endLsn() + random.nextInt(100));
            case 18 -> compact(wal);
            default -> {
                close(wal);
                return open(storage);
            }
        }
        return wal;
    }

    private void checkpointOrAdopt(Wal wal, int choice) throws WalException {
        switch (choice) {
            case 6, 7, 8 -> checkpoint(wal);
            case 9, 10, 11, 12 -> adopt(wal);
            case 13 -> enqueue(wal, batch());
            case 14 -> truncate(wal);
            default -> trim(wal);
        }
    }

    private void compactOrTakeAway(Wal wal, int choice) throws WalException {
        switch (choice) {
            case 6, 7, 8, 9 -> compact(wal);
            case 10, 11, 12 -> truncate(wal);
            case 13, 14 -> reset(wal, random.nextLong(whole().endLsn() + 1));
            case 15 -> enqueue(wal, batch());
            case 16 -> repair(wal);
            default -> trim(wal);
        }
    }

    /** Of what is good: that becomes another file, too. */
    private void repair(Wal wal) throws WalException {
        LogModel whole = whole();
        if (!whole.records().isEmpty()) {
            long lsn = whole.startLsn() + random.nextInt(whole.records().size());
            wal.repair(new LsnRange(lsn, lsn + 1 + random.nextInt(5)), new FaultyStorage());
        }
    }

    private void give(List<LogModel.Entry> batch) {
        long lsn = whole().endLsn();
        for (LogModel.Entry entry : batch) {
            inFiles.put(lsn++, entry);
        }
        enqueued.add(batch);
    }

    private void enqueue(Wal wal, List<LogModel.Entry> batch) throws WalException {
        give(batch);
        wal.enqueue(encode(batch));
    }

    private void append(Wal wal, List<LogModel.Entry> batch) throws WalException {
        long expected = whole().endLsn();
        give(batch);
        long lsn = wal.append(encode(batch));
        if (mix != Mix.LAZY) {
            settle();
        }
        if (lsn != expected) {
            throw new AssertionError("append returned LSN " + lsn + ", wanted " + expected);
        }
    }

    private void checkpoint(Wal wal) throws WalException {
        Checkpoint made = wal.checkpoint(Path.of("/checkpoint-" + checkpoints++));
        settle();
        if (made.startLsn() != acknowledged.startLsn() || made.endLsn() != acknowledged.endLsn()) {
            throw new AssertionError("checkpoint of " + made.startLsn() + " to " + made.endLsn() + ", wanted "
                    + acknowledged.startLsn() + " to " + acknowledged.endLsn());
        }
        if (!made.segments().isEmpty()) {
            long base = made.segments().getFirst().baseLsn();
            images.add(new Image(
                    made.segments().stream()
                            .map(Checkpoint.CheckpointSegment::path)
                            .toList(),
                    base,
                    List.copyOf(inFiles.subMap(base, made.endLsn()).values())));
        }
    }

    private void adopt(Wal wal) throws WalException {
        if (images.isEmpty()) {
            checkpoint(wal);
            return;
        }
        Image image = images.get(random.nextInt(images.size()));
        int count = 1 + random.nextInt(image.records().size());
        LogModel adopted = new LogModel(image.baseLsn(), image.records().subList(0, count));
        underWay = Set.of(adopted);
        wal.adopt(image.files(), adopted.endLsn());
        acknowledged = adopted;
        enqueued.clear();
        underWay = Set.of();
        inFiles.clear();
        for (int i = 0; i < count; i++) {
            inFiles.put(image.baseLsn() + i, adopted.records().get(i));
        }
    }

    private void await(Wal wal) throws WalException {
        if (!enqueued.isEmpty()) {
            wal.awaitDurable(wal.endLsn() - 1);
            settle();
        }
    }

    private void truncate(Wal wal) throws WalException {
        LogModel whole = whole();
        if (whole.records().isEmpty()) {
            return;
        }
        long lsn = whole.startLsn() - 1 + random.nextInt(whole.records().size() + 1);
        if (lsn < whole.startLsn()) {
            return;
        }
        LogModel cut = whole.truncatedAfter(lsn);
        // What was only enqueued may be written before the cut, or may go with it.
        Set<LogModel> states = new LinkedHashSet<>();
        states.add(cut);
        LogModel state = acknowledged;
        for (List<LogModel.Entry> batch : enqueued) {
            state = state.with(batch);
            states.add(state);
        }
        underWay = states;
        wal.truncateAfter(lsn);
        inFiles.tailMap(lsn, false).clear();
        acknowledged = cut;
        enqueued.clear();
        underWay = Set.of();
    }

    private void trim(Wal wal) throws WalException {
        await(wal);
        if (acknowledged.records().isEmpty()) {
            return;
        }
        long lsn =
                acknowledged.startLsn() + random.nextInt(acknowledged.records().size() + 1);
        LogModel trimmed = acknowledged.trimmedBefore(lsn);
        underWay = Set.of(trimmed);
        wal.trimBefore(lsn);
        acknowledged = trimmed;
        underWay = Set.of();
    }

    private void reset(Wal wal, long nextLsn) throws WalException {
        LogModel empty = new LogModel(nextLsn, List.of());
        underWay = Set.of(empty);
        wal.reset(empty.startLsn());
        inFiles.clear();
        acknowledged = empty;
        enqueued.clear();
        underWay = Set.of();
    }

    /** Takes out a part of the records; which, their tags say. */
    private void compact(Wal wal) throws WalException {
        wal.roll();
        settle();
        int without = random.nextInt(3);
        Predicate<LogModel.Entry> keeps = entry -> entry.isGone() || keeps(entry.tag(), without);
        underWay = acknowledged.compactions(keeps);
        compact(wal, without);
        acknowledged = acknowledged.compacted(keeps, acknowledged.endLsn());
        inFiles.replaceAll((lsn, entry) -> keeps.test(entry) ? entry : LogModel.Entry.GONE);
        underWay = Set.of();
    }

    static boolean keeps(long tag, int without) {
        return Math.floorMod(tag, 3) != without;
    }

    static void compact(Wal wal, int without) throws WalException {
        try {
            wal.compact(Long.MAX_VALUE, record -> keeps(record.tag(), without), progress -> true);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void close(Wal wal) throws WalException {
        wal.close();
        settle();
    }

    private LogModel whole() {
        LogModel state = acknowledged;
        for (List<LogModel.Entry> batch : enqueued) {
            state = state.with(batch);
        }
        return state;
    }

    /** Everything given to the log so far is durable now. */
    private void settle() {
        acknowledged = whole();
        enqueued.clear();
    }

    private List<LogModel.Entry> batch() {
        var batch = new ArrayList<LogModel.Entry>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            int size = random.nextInt(mix == Mix.GROUPS ? 3 : 10) == 0 ? random.nextInt(2500) : random.nextInt(60);
            batch.add(new LogModel.Entry(random.nextLong(), serial++ + ":" + "x".repeat(size)));
        }
        return batch;
    }

    static Batch encode(List<LogModel.Entry> entries) {
        Batch batch = null;
        for (LogModel.Entry entry : entries) {
            ByteBuffer payload = ByteBuffer.wrap(entry.payload().getBytes(StandardCharsets.UTF_8));
            batch = batch == null ? Batch.of(entry.tag(), payload) : batch.add(entry.tag(), payload);
        }
        return Objects.requireNonNull(batch);
    }

    /** What the log holds. */
    static LogModel contents(Wal wal) throws WalException {
        var records = new ArrayList<LogModel.Entry>();
        try (Cursor cursor = wal.cursorOverGaps(wal.startLsn(), gap -> {
            if (gap.kind() != Gap.Kind.COMPACTED || gap.lsns().from() != wal.startLsn() + records.size()) {
                throw new AssertionError(gap + ", wanted LSN " + (wal.startLsn() + records.size()));
            }
            for (long lsn = gap.lsns().from(); lsn < gap.lsns().to(); lsn++) {
                records.add(LogModel.Entry.GONE);
            }
        })) {
            while (cursor.next()) {
                WalRecord record = cursor.record();
                long expected = wal.startLsn() + records.size();
                if (record.lsn() != expected) {
                    throw new AssertionError("cursor gave LSN " + record.lsn() + ", wanted " + expected);
                }
                records.add(new LogModel.Entry(
                        record.tag(),
                        StandardCharsets.UTF_8.decode(record.payload()).toString()));
            }
        }
        LogModel found = new LogModel(wal.startLsn(), records);
        if (found.endLsn() != wal.endLsn()) {
            throw new AssertionError("cursor ended at " + found.endLsn() + ", the log says " + wal.endLsn());
        }
        return found;
    }
}
