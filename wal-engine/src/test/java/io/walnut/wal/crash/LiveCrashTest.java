package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.SlowSync;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Crashes of a log with its real threads: before every operation on the storage it is noted what a disk may hold then and what
 * was acknowledged by then, and the log goes on. The images are recovered afterwards. Threads make no two runs alike.
 */
class LiveCrashTest {
    private static final long SEED = Long.getLong("walnut.seed", 1);
    private static final int THREADS = 4;
    private static final int BATCHES_EACH = 25;
    private static final int RECORDS = 10; // of a block each: seven in the first segment, three in the second
    private static final Duration SYNC = Duration.ofNanos(200_000);
    private static final int IMAGES_PER_MOMENT = 2;
    private static final long DEADLINE_SECONDS = 60;

    /** What a disk may hold at one moment, and what is promised by then. */
    private record Moment<P>(String operation, List<Map<String, byte[]>> images, P promised) {}

    /** Notes a moment before every operation that changes the storage. */
    private static <P> List<Moment<P>> moments(FaultyStorage storage, Supplier<P> promised) {
        List<Moment<P>> moments = new ArrayList<>(); // guarded by the storage's lock
        Random random = new Random(SEED);
        storage.refuse((ordinal, kind, name) -> {
            if (kind != Kind.READ && kind != Kind.OPEN) {
                // First the images: what is acknowledged while they are made does not belong to them.
                P now = promised.get();
                moments.add(new Moment<>(
                        ordinal + " " + kind + " " + name,
                        storage.crashImages().choose(IMAGES_PER_MOMENT, random),
                        now));
            }
        });
        return moments;
    }

    private record Key(int thread, int number) {}

    private record Piece(Key batch, int index, int count) {
        String encode() {
            return batch.thread + ":" + batch.number + ":" + index + ":" + count;
        }

        static Piece of(String payload) {
            String[] parts = payload.split(":", -1);
            return new Piece(
                    new Key(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])),
                    Integer.parseInt(parts[2]),
                    Integer.parseInt(parts[3]));
        }
    }

    @Test
    void batchesOfSeveralThreadsGatheredInOneWriteAreThereWholeAndInOrder() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        Map<Key, Long> acknowledged = new HashMap<>();
        List<Moment<Map<Key, Long>>> moments = moments(storage, () -> {
            synchronized (acknowledged) {
                return Map.copyOf(acknowledged);
            }
        });
        LogModel whole;
        try (Wal wal =
                Wal.open(new SlowSync(storage, SYNC), Scenario.options().withBackgroundWork(BackgroundWork.THREADS))) {
            try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
                List<Future<?>> writers = new ArrayList<>();
                for (int thread = 0; thread < THREADS; thread++) {
                    int number = thread;
                    writers.add(pool.submit(() -> {
                        write(wal, number, acknowledged);
                        return null;
                    }));
                }
                for (Future<?> writer : writers) {
                    writer.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
                }
            }
            assertThat(wal.stats().writes()).isLessThan(THREADS * BATCHES_EACH);
            whole = Scenario.contents(wal);
        }
        checkThreads("at the end", whole, acknowledged);
        int images = 0;
        for (Moment<Map<Key, Long>> moment : moments) {
            for (Map<String, byte[]> image : moment.images()) {
                images++;
                checkThreads(moment.operation(), recover(image, moment.operation()), moment.promised());
            }
        }
        System.out.printf("live crash images recovered: %d, of %d moments%n", images, moments.size());
    }

    private static void write(Wal wal, int thread, Map<Key, Long> acknowledged) throws WalException {
        Random random = new Random(SEED * 31 + thread);
        for (int number = 0; number < BATCHES_EACH; number++) {
            Key key = new Key(thread, number);
            int count = 1 + random.nextInt(3);
            Batch batch = new Batch();
            for (int i = 0; i < count; i++) {
                batch.add(
                        thread,
                        ByteBuffer.wrap(new Piece(key, i, count).encode().getBytes(StandardCharsets.UTF_8)));
            }
            long lsn;
            if (random.nextBoolean()) {
                lsn = wal.append(batch);
            } else {
                lsn = wal.enqueue(batch);
                wal.awaitDurable(lsn + count - 1);
            }
            synchronized (acknowledged) {
                acknowledged.put(key, lsn);
            }
        }
    }

    private static void checkThreads(String moment, LogModel found, Map<Key, Long> acknowledged) {
        Map<Key, Long> batches = new HashMap<>();
        int[] next = new int[THREADS];
        List<LogModel.Entry> records = found.records();
        for (int at = 0; at < records.size(); ) {
            Piece first = Piece.of(records.get(at).payload());
            assertThat(first.index())
                    .as("%s: a batch begins at LSN %d", moment, at)
                    .isZero();
            assertThat(first.batch().number())
                    .as(
                            "%s: order of thread %d at LSN %d",
                            moment, first.batch().thread(), at)
                    .isEqualTo(next[first.batch().thread()]++);
            for (int i = 0; i < first.count(); i++) {
                assertThat(records.get(at + i).payload())
                        .as("%s: LSN %d", moment, at + i)
                        .isEqualTo(new Piece(first.batch(), i, first.count()).encode());
            }
            batches.put(first.batch(), (long) at);
            at += first.count();
        }
        assertThat(batches).as(moment).containsAllEntriesOf(acknowledged);
    }

    @Test
    void aTruncationWhileTwoSegmentsAreNotSealedIsDoneOrNot() throws Exception {
        for (long lsn = 0; lsn < RECORDS - 1; lsn += 2) {
            truncate(lsn);
        }
    }

    private static void truncate(long lsn) throws Exception {
        FaultyStorage storage = new FaultyStorage();
        CountDownLatch gate = new CountDownLatch(1);
        LogModel[] states = {LogModel.empty(), LogModel.empty()
        }; // before and behind what is under way, guarded by itself
        List<Moment<Set<LogModel>>> moments = moments(storage, () -> {
            synchronized (states) {
                return new HashSet<>(List.of(states));
            }
        });
        Wal wal = Wal.open(new GatedSeal(storage, gate), Scenario.options().withBackgroundWork(BackgroundWork.THREADS));
        LogModel model = LogModel.empty();
        for (int i = 0; i < RECORDS; i++) {
            List<LogModel.Entry> batch = List.of(new LogModel.Entry(i, "record " + i));
            LogModel with = model.with(batch);
            set(states, model, with);
            wal.append(Scenario.encode(batch));
            set(states, with, with);
            model = with;
        }
        assertThat(wal.stats().segments() - wal.stats().sealedSegments()).isEqualTo(2);
        LogModel cut = model.truncatedAfter(lsn);
        set(states, model, cut);
        try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
            Future<?> truncation = pool.submit(() -> {
                wal.truncateAfter(lsn);
                return null;
            });
            gate.countDown();
            truncation.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        }
        set(states, cut, cut);
        LogModel after = cut.with(List.of(new LogModel.Entry(99, "after")));
        set(states, cut, after);
        assertThat(wal.append(Scenario.encode(List.of(new LogModel.Entry(99, "after")))))
                .isEqualTo(lsn + 1);
        set(states, after, after);
        wal.close();
        for (Moment<Set<LogModel>> moment : moments) {
            for (Map<String, byte[]> image : moment.images()) {
                assertThat(recover(image, moment.operation()))
                        .as("cut after %d, crash before %s", lsn, moment.operation())
                        .isIn(moment.promised());
            }
        }
    }

    private static void set(LogModel[] states, LogModel before, LogModel behind) {
        synchronized (states) {
            states[0] = before;
            states[1] = behind;
        }
    }

    private static LogModel recover(Map<String, byte[]> image, String moment) {
        try {
            return Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options()));
        } catch (WalException e) {
            throw new AssertionError("recovery failed after a crash before " + moment, e);
        }
    }

    /** Holds up the first step of a seal behind the frames until the gate opens. */
    private static final class GatedSeal extends ForwardingStorage {
        private final CountDownLatch gate;

        GatedSeal(Storage storage, CountDownLatch gate) {
            super(storage);
            this.gate = gate;
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public void setLength(long bytes) throws IOException {
                    try {
                        if (!gate.await(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                            throw new IOException("the gate was not opened");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IOException(e);
                    }
                    super.setLength(bytes);
                }
            };
        }
    }
}
