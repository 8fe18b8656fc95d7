package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.BatchTooLargeException;
import io.walnut.wal.Checkpoint;
import io.walnut.wal.Checkpoint.CheckpointSegment;
import io.walnut.wal.Cursor;
import io.walnut.wal.Durability;
import io.walnut.wal.TailCursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalClosedException;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalGapException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalOptions.Verification;
import io.walnut.wal.WalRangeException;
import io.walnut.wal.WalRecord;
import io.walnut.wal.WalTrimmedException;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random operations, refused ones among them, against a naive model, with crashes in the middle of some: what the log says, what
 * it gives back, and what it throws. {@code -Dwalnut.seed=N} repeats one round, {@code -Dwalnut.minutes=N} goes on for so long.
 */
@ExtendWith(QuietLog.class)
class WalModelTest {
    private static final int ROUNDS = 250;
    private static final int STEPS = 250;
    private static final long FIRST_SEED = 20_261_121;

    @Test
    void theLogDoesWhatTheNaiveModelDoes() {
        Long fixed = Long.getLong("walnut.seed");
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(Long.getLong("walnut.minutes", 0));
        long seed = fixed != null ? fixed : FIRST_SEED;
        long rounds = 0;
        int crashes = 0;
        do {
            Round round = new Round(seed);
            try {
                round.run();
            } catch (Throwable e) {
                throw new AssertionError(
                        "repeat: mvn -pl wal-engine test -Dtest=WalModelTest -Dwalnut.seed=" + seed + "\n"
                                + String.join("\n", round.lastSteps()),
                        e);
            }
            crashes += round.crashes;
            rounds++;
            seed++;
        } while (fixed == null && (rounds < ROUNDS || System.nanoTime() < until));
        System.out.printf("model: %d rounds of %d steps, %d crashes%n", rounds, STEPS, crashes);
    }

    /** One log and its model. */
    private static final class Round {
        private static final int MAX_BATCH_BYTES = 8 << 10;

        private final Random random;
        private final WalOptions options;
        private final boolean sync;
        private final List<String> steps = new ArrayList<>();
        private final List<Image> images = new ArrayList<>();
        private final TreeMap<Long, LogModel.Entry> inFiles = new TreeMap<>();
        private final TreeSet<Long> batchEnds = new TreeSet<>();
        private final List<Cursor> cursors = new ArrayList<>();
        private FaultyStorage storage = new FaultyStorage();
        private @Nullable Wal open;
        private LogModel model = LogModel.empty();
        private long promised; // every LSN below was said to be durable
        private Set<LogModel> underWay = Set.of();
        private final TreeMap<Long, LogModel.Entry> takenOut = new TreeMap<>(); // an older cursor may still give them
        private int serial;
        private int crashes;
        private int checkpoints;

        private record Image(List<Path> files, long baseLsn, List<LogModel.Entry> records) {}

        Round(long seed) {
            random = new Random(seed);
            sync = random.nextInt(10) < 6;
            int[] salt = {1};
            options = WalOptions.defaults()
                    .withSizes((4L + random.nextInt(8)) * 4096, MAX_BATCH_BYTES, 32 << 10)
                    .withDurability(
                            sync
                                    ? Durability.sync()
                                    : random.nextBoolean()
                                            ? Durability.os()
                                            : Durability.interval(Duration.ofHours(1), Long.MAX_VALUE))
                    .withVerification(random.nextBoolean() ? Verification.FULL : Verification.TABLES)
                    .withBackgroundWork(BackgroundWork.INLINE)
                    .withIdentity(() -> new UUID(seed, 2))
                    .withSalts(() -> salt[0] = salt[0] * 31 + 7);
        }

        List<String> lastSteps() {
            return steps.subList(Math.max(0, steps.size() - 15), steps.size());
        }

        void run() throws Exception {
            open = Wal.open(storage, options);
            for (int i = 0; i < STEPS; i++) {
                if (random.nextInt(25) == 0) {
                    storage.crashAt(storage.operations() + 1 + random.nextInt(25));
                }
                try {
                    step();
                    check(i);
                } catch (FaultyStorage.Crash e) {
                    recover();
                }
            }
        }

        private Wal wal() {
            return Objects.requireNonNull(open);
        }

        private void step(String what) {
            steps.add(what);
        }

        private void step() throws Exception {
            switch (random.nextInt(31)) {
                case 0, 1, 2, 3, 4, 5, 6 -> append();
                case 7, 8, 9, 10 -> enqueue();
                case 11, 12 -> awaitDurable();
                case 13, 14, 15 -> read();
                case 16, 17 -> cursor();
                case 18, 19 -> goOn();
                case 20 -> tail();
                case 21 -> truncate();
                case 22 -> trim();
                case 23 -> reset();
                case 24 -> {
                    step("roll");
                    wal().roll();
                }
                case 25 -> checkpoint();
                case 26 -> adopt();
                case 27 -> adoptTooMuch();
                case 28 -> refused();
                case 29 -> compact();
                default -> reopen();
            }
        }

        private void check(int step) throws Exception {
            assertThat(wal().startLsn()).isEqualTo(model.startLsn());
            assertThat(wal().endLsn()).isEqualTo(model.endLsn());
            long durable = wal().durableLsn();
            assertThat(durable).isBetween(promised, model.endLsn());
            promised = durable;
            if (step % 10 == 0) {
                contents();
            }
        }

        /** Everything, as far as it is readable, and at least what is durable. */
        private void contents() throws Exception {
            long lsn = model.startLsn();
            try (Cursor cursor = wal().cursor(lsn)) {
                while (cursor.next()) {
                    lsn = afterGap(lsn);
                    assertThat(cursor.lsn()).isEqualTo(lsn);
                    same(cursor.record(), lsn++);
                }
                assertThat(cursor.nextLsn()).isEqualTo(afterGap(lsn));
            }
            assertThat(afterGap(lsn)).isBetween(wal().durableLsn(), model.endLsn());
        }

        /** The LSN, or the first after it that has a record or is yet to come. */
        private long afterGap(long lsn) {
            long next = lsn;
            while (next < model.endLsn() && entry(next).isGone()) {
                next++;
            }
            return next;
        }

        private LogModel.Entry entry(long lsn) {
            return model.records().get((int) (lsn - model.startLsn()));
        }

        private void same(WalRecord record, long lsn) {
            same(record, lsn, entry(lsn));
        }

        private static void same(WalRecord record, long lsn, LogModel.Entry expected) {
            assertThat(record.lsn()).isEqualTo(lsn);
            assertThat(record.tag()).isEqualTo(expected.tag());
            assertThat(StandardCharsets.UTF_8.decode(record.payload()).toString())
                    .isEqualTo(expected.payload());
        }

        private List<LogModel.Entry> batch() {
            int budget = MAX_BATCH_BYTES;
            List<LogModel.Entry> batch = new ArrayList<>();
            int count = random.nextInt(8) == 0 ? 1 + random.nextInt(40) : 1 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                int size = random.nextInt(12) == 0 ? random.nextInt(7000) : random.nextInt(80);
                String payload = random.nextInt(20) == 0 ? "" : serial++ + "x".repeat(size);
                budget -= 12 + payload.length();
                if (budget < 0) {
                    break;
                }
                batch.add(new LogModel.Entry(random.nextLong(), payload));
            }
            return batch;
        }

        private void give(List<LogModel.Entry> batch) {
            for (LogModel.Entry entry : batch) {
                inFiles.put(model.endLsn() + inFiles.tailMap(model.endLsn()).size(), entry);
            }
            model = model.with(batch);
            batchEnds.add(model.endLsn());
        }

        private void append() throws Exception {
            long expected = model.endLsn();
            List<LogModel.Entry> batch = batch();
            step("append " + batch.size() + " at " + expected);
            give(batch);
            assertThat(wal().append(Scenario.encode(batch))).isEqualTo(expected);
            if (sync) {
                assertThat(wal().durableLsn()).isEqualTo(model.endLsn());
            }
        }

        private void enqueue() throws Exception {
            long expected = model.endLsn();
            List<LogModel.Entry> batch = batch();
            step("enqueue " + batch.size() + " at " + expected);
            give(batch);
            assertThat(wal().enqueue(Scenario.encode(batch))).isEqualTo(expected);
        }

        private long anyLsn() {
            return Math.max(
                    0, model.startLsn() - 3 + random.nextInt(model.records().size() + 6));
        }

        private void awaitDurable() throws Exception {
            long lsn = anyLsn();
            step("await " + lsn);
            if (lsn >= model.endLsn()) {
                refuses(WalRangeException.class, () -> wal().awaitDurable(lsn));
            } else {
                wal().awaitDurable(lsn);
                assertThat(wal().durableLsn()).isGreaterThan(lsn);
            }
        }

        private void read() throws Exception {
            long lsn = anyLsn();
            step("read " + lsn);
            if (lsn < model.startLsn()) {
                refuses(WalTrimmedException.class, () -> wal().read(lsn));
                refuses(WalTrimmedException.class, () -> wal().tag(lsn));
            } else if (lsn >= model.endLsn()) {
                refuses(WalRangeException.class, () -> wal().read(lsn));
                refuses(WalRangeException.class, () -> wal().tag(lsn));
            } else if (entry(lsn).isGone()) {
                refuses(WalGapException.class, () -> wal().read(lsn));
                refuses(WalGapException.class, () -> wal().tag(lsn));
            } else {
                same(wal().read(lsn), lsn);
                assertThat(wal().tag(lsn)).isEqualTo(entry(lsn).tag());
            }
        }

        private void cursor() throws Exception {
            long lsn = anyLsn();
            step("cursor " + lsn);
            if (lsn < model.startLsn()) {
                refuses(WalTrimmedException.class, () -> wal().cursor(lsn));
            } else if (lsn > model.endLsn()) {
                refuses(WalRangeException.class, () -> wal().cursor(lsn));
            } else {
                Cursor cursor = wal().cursor(lsn);
                assertThat(cursor.nextLsn()).isEqualTo(lsn);
                cursors.add(cursor);
            }
        }

        /** An older cursor is used again, beside all that happened since. */
        private void goOn() throws Exception {
            if (cursors.isEmpty()) {
                return;
            }
            Cursor cursor = cursors.get(random.nextInt(cursors.size()));
            step("go on at " + cursor.nextLsn());
            for (int i = random.nextInt(20); i > 0; i--) {
                long lsn = cursor.nextLsn();
                if (!cursor.next()) {
                    assertThat(afterGap(lsn)).isGreaterThanOrEqualTo(wal().durableLsn());
                    return;
                }
                assertThat(afterGap(lsn)).isGreaterThanOrEqualTo(cursor.lsn()); // it has passed gaps only
                if (entry(cursor.lsn()).isGone()) { // its segment as it was before a compaction
                    same(cursor.record(), cursor.lsn(), Objects.requireNonNull(takenOut.get(cursor.lsn())));
                } else {
                    same(cursor.record(), cursor.lsn());
                }
                assertThat(cursor.tag()).isEqualTo(cursor.record().tag());
                assertThat(cursor.nextLsn()).isEqualTo(cursor.lsn() + 1);
            }
        }

        private void tail() throws Exception {
            long lsn = Math.min(Math.max(model.startLsn(), model.endLsn() - random.nextInt(4)), model.endLsn());
            step("tail " + lsn);
            try (TailCursor tail = wal().tail(lsn)) {
                while (tail.next(Duration.ZERO)) {
                    lsn = afterGap(lsn);
                    same(tail.record(), lsn++);
                }
            }
            assertThat(afterGap(lsn)).isBetween(wal().durableLsn(), model.endLsn());
        }

        private void truncate() throws Exception {
            long lsn = anyLsn();
            step("truncate after " + lsn);
            if (lsn + 1 < model.startLsn()) {
                refuses(WalTrimmedException.class, () -> wal().truncateAfter(lsn));
                return;
            }
            LogModel cut = model.truncatedAfter(lsn);
            underWay = Set.of(cut);
            wal().truncateAfter(lsn);
            become(cut);
            inFiles.tailMap(cut.endLsn(), true).clear();
            cursors.removeIf(cursor -> cursor.nextLsn() > cut.endLsn());
        }

        private void trim() throws Exception {
            long lsn = anyLsn();
            step("trim before " + lsn);
            if (lsn > model.endLsn()) {
                refuses(WalRangeException.class, () -> wal().trimBefore(lsn));
                return;
            }
            LogModel trimmed = model.trimmedBefore(lsn);
            underWay = Set.of(trimmed);
            wal().trimBefore(lsn);
            become(trimmed);
            cursors.removeIf(cursor -> cursor.nextLsn() < trimmed.startLsn());
        }

        private void compact() throws Exception {
            step("compact");
            wal().roll();
            promised = model.endLsn();
            int without = random.nextInt(3);
            Predicate<LogModel.Entry> keeps = entry -> entry.isGone() || Scenario.keeps(entry.tag(), without);
            underWay = model.compactions(keeps);
            Scenario.compact(wal(), without);
            for (long lsn = model.startLsn(); lsn < model.endLsn(); lsn++) {
                if (!keeps.test(entry(lsn))) {
                    takenOut.put(lsn, entry(lsn));
                }
            }
            become(model.compacted(keeps, model.endLsn()));
            inFiles.replaceAll((lsn, entry) -> keeps.test(entry) ? entry : LogModel.Entry.GONE);
        }

        private void reset() throws Exception {
            LogModel empty = new LogModel(anyLsn() + (random.nextBoolean() ? 100 : 0), List.of());
            step("reset to " + empty.startLsn());
            underWay = Set.of(empty);
            wal().reset(empty.startLsn());
            become(empty);
            inFiles.clear();
            cursors.clear();
        }

        /** A change of the whole log is done, and durable. */
        private void become(LogModel now) {
            model = now;
            underWay = Set.of();
            promised = now.endLsn();
            batchEnds.clear();
        }

        private void checkpoint() throws Exception {
            step("checkpoint");
            Checkpoint made = wal().checkpoint(Path.of("/checkpoint-" + checkpoints++));
            assertThat(made.startLsn()).isEqualTo(model.startLsn());
            assertThat(made.endLsn()).isEqualTo(model.endLsn());
            List<CheckpointSegment> segments = made.segments();
            if (segments.isEmpty()) {
                assertThat(model.records()).isEmpty();
                return;
            }
            assertThat(segments.getFirst().baseLsn()).isLessThanOrEqualTo(model.startLsn());
            assertThat(segments.getLast().endLsn()).isEqualTo(model.endLsn());
            long base = segments.getFirst().baseLsn();
            if (inFiles.containsKey(base)) { // not when a crash made the test forget what had been trimmed
                images.add(new Image(
                        segments.stream().map(CheckpointSegment::path).toList(),
                        base,
                        List.copyOf(inFiles.subMap(base, made.endLsn()).values())));
            }
        }

        private void adopt() throws Exception {
            if (images.isEmpty()) {
                return;
            }
            Image image = images.get(random.nextInt(images.size()));
            int count = 1 + random.nextInt(image.records().size());
            LogModel adopted = new LogModel(image.baseLsn(), image.records().subList(0, count));
            step("adopt " + adopted);
            underWay = Set.of(adopted);
            wal().adopt(image.files(), adopted.endLsn());
            become(adopted);
            inFiles.clear();
            for (int i = 0; i < count; i++) {
                inFiles.put(image.baseLsn() + i, adopted.records().get(i));
            }
            cursors.clear();
        }

        private void adoptTooMuch() {
            step("adopt too much");
            refuses(WalCorruptException.class, () -> wal().adopt(List.of(), 1));
            if (!images.isEmpty()) {
                Image image = images.getLast();
                long behind = image.baseLsn() + inFiles.size() + image.records().size() + 1_000_000;
                refuses(WalCorruptException.class, () -> wal().adopt(image.files(), behind));
            }
        }

        private static void refuses(Class<? extends Exception> how, ThrowingCallable call) {
            Throwable thrown = catchThrowable(call);
            if (thrown instanceof FaultyStorage.Crash crash) {
                throw crash;
            }
            assertThat(thrown).isInstanceOf(how);
        }

        private void refused() {
            step("refused");
            Batch large = Batch.of(1, ByteBuffer.allocate(MAX_BATCH_BYTES));
            refuses(BatchTooLargeException.class, () -> wal().append(large));
            refuses(BatchTooLargeException.class, () -> wal().enqueue(large));
            refuses(IllegalArgumentException.class, () -> wal().append(new Batch()));
            refuses(IllegalArgumentException.class, () -> wal().reset(-1));
            Batch lying = new Batch().add(1, 3, target -> target.put((byte) 1));
            refuses(IllegalStateException.class, () -> wal().append(lying));
        }

        private void reopen() throws Exception {
            step("close and open");
            Wal closing = wal();
            closing.close();
            closing.close();
            refuses(WalClosedException.class, () -> closing.append(Batch.of(1, ByteBuffer.allocate(1))));
            promised = model.endLsn();
            cursors.clear();
            open = Wal.open(storage, options);
            assertThat(wal().recoveryReport().clean()).isTrue();
            contents();
        }

        private Set<LogModel> allowed() {
            Set<LogModel> states = new LinkedHashSet<>(underWay);
            for (long end : batchEnds.tailSet(promised)) {
                states.add(model.truncatedAfter(end - 1));
            }
            states.add(model.truncatedAfter(promised - 1));
            return states;
        }

        private void recover() throws Exception {
            crashes++;
            List<Map<String, byte[]>> disks = storage.crashImages().choose(8, random);
            FaultyStorage disk = FaultyStorage.of(disks.get(random.nextInt(disks.size())));
            for (Image image : images) {
                for (Path path : image.files()) {
                    disk.putOutside(path, Objects.requireNonNull(storage.outside(path)));
                }
            }
            step("crash before operation " + storage.operations() + ", last "
                    + storage.trace().getLast());
            storage = disk;
            open = Wal.open(storage, options);
            LogModel found = Scenario.contents(wal());
            assertThat(found).isIn(allowed());
            become(found);
            inFiles.clear();
            for (int i = 0; i < found.records().size(); i++) {
                inFiles.put(found.startLsn() + i, found.records().get(i));
            }
            cursors.clear();
        }
    }
}
