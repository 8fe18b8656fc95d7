package io.walnut.wal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.SlowSync;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Changes of the segments while others append, wait and listen: all of them come through, and none waits for another for ever. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentChangesTest {
    private static final long DEADLINE_SECONDS = 20;
    private static final WalOptions OPTIONS = WalOptions.defaults().withSizes(1 << 20, 12 << 10, 64 << 10);
    private static final Set<Thread.State> WAITING = Set.of(Thread.State.WAITING, Thread.State.TIMED_WAITING);
    private static final int PRODUCERS = 4;

    interface Use {
        void on(Wal wal) throws Exception;
    }

    private static final class Task extends FutureTask<Void> {
        private final Thread thread = Thread.ofPlatform().daemon().unstarted(this);

        private Task(Callable<Void> work) {
            super(work);
        }

        static Task of(Wal wal, Use use) {
            Task task = new Task(() -> {
                use.on(wal);
                return null;
            });
            task.thread.start();
            return task;
        }

        void waits() {
            Logs.await("the thread waits", () -> WAITING.contains(thread.getState()));
        }

        void ends() throws Exception {
            get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** The syncs of the first segment wait at a gate. */
    private static final class HeldSyncs extends ForwardingStorage {
        private final CountDownLatch gate = new CountDownLatch(1);
        private volatile boolean held;

        HeldSyncs() {
            super(new FaultyStorage());
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public void sync() throws IOException {
                    if (held && name.equals(Segment.name(0))) {
                        passed(gate);
                    }
                    super.sync();
                }
            };
        }
    }

    private static void passed(CountDownLatch gate) {
        try {
            assertThat(gate.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static Stream<Named<Use>> waits() {
        return Stream.of(
                named("awaitDurable", wal -> wal.awaitDurable(2)), named("read", ConcurrentChangesTest::readOrNot));
    }

    /** Before the truncation, or after it. */
    private static void readOrNot(Wal wal) throws WalException {
        try {
            assertThat(wal.read(2).payload()).isEqualTo(UTF_8.encode("2"));
        } catch (WalRangeException e) {
            assertThat(wal.endLsn()).isLessThanOrEqualTo(2);
        }
    }

    @ParameterizedTest
    @MethodSource("waits")
    void aTruncationEndsTheWaitForARecordThatItTakesAway(Use wait) throws Exception {
        HeldSyncs storage = new HeldSyncs();
        Wal wal = Wal.open(storage, Logs.threads());
        wal.append(Logs.batch("0"));
        storage.held = true;
        Task leader = Task.of(wal, log -> log.append(Logs.batch("1")));
        Logs.await("1 has its LSN", () -> wal.endLsn() == 2);
        leader.waits();
        wal.enqueue(Logs.batch("2"));
        Task truncation = Task.of(wal, log -> log.truncateAfter(0));
        truncation.waits();
        Task waiter = Task.of(wal, wait); // its turn comes behind the truncation's
        waiter.waits();
        storage.held = false;
        storage.gate.countDown();

        leader.ends();
        truncation.ends();
        waiter.ends();
        assertThat(wal.append(Logs.batch("another 1"))).isEqualTo(1);
        wal.close();
    }

    static Stream<Named<Use>> changes() {
        return Stream.of(
                named("trimBefore", wal -> wal.trimBefore(50)),
                named("roll", Wal::roll),
                named("checkpoint", wal -> wal.checkpoint(Path.of("/target"))),
                named("close", Wal::close));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aChangeComesThroughWhileRecordsKeepComing(Use change) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Wal wal = Wal.open(slow(), OPTIONS);
        wal.addDurableListener(listener(lsn -> {}));
        Task[] producers = produce(wal, stop);

        Task changing = Task.of(wal, change);

        changing.ends();
        stop.set(true);
        for (Task producer : producers) {
            producer.ends();
        }
        wal.close();
    }

    @ParameterizedTest
    @MethodSource("changes")
    void soDoesOneThatAListenerMakes(Use change) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Wal wal = Wal.open(slow(), OPTIONS);
        AtomicBoolean once = new AtomicBoolean();
        CountDownLatch changed = new CountDownLatch(1);
        wal.addDurableListener(listener(lsn -> {
            if (lsn > 100 && once.compareAndSet(false, true)) {
                change.on(wal);
                changed.countDown();
            }
        }));
        Task[] producers = produce(wal, stop);

        passed(changed);
        stop.set(true);
        for (Task producer : producers) {
            producer.ends();
        }
        wal.close();
    }

    @Test
    void aListenerMayWaitForWhoAppendsWhileAChangeWaitsForTheListener() throws Exception {
        Wal wal = Wal.open(new FaultyStorage(), Logs.threads());
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch appended = new CountDownLatch(1);
        wal.addDurableListener(listener(lsn -> {
            if (lsn == 1) {
                told.countDown();
                passed(appended);
            }
        }));
        Task first = Task.of(wal, log -> log.append(Logs.batch("0")));
        passed(told);
        Task trim = Task.of(wal, log -> log.trimBefore(1));
        trim.waits();

        Task.of(wal, log -> log.append(Logs.batch("1"))).ends();

        appended.countDown();
        first.ends();
        trim.ends();
        assertThat(wal.startLsn()).isEqualTo(1);
        wal.close();
    }

    private static Task[] produce(Wal wal, AtomicBoolean stop) {
        Task[] producers = new Task[PRODUCERS];
        for (int i = 0; i < PRODUCERS; i++) {
            producers[i] = Task.of(wal, log -> {
                Batch batch = Logs.batch("x".repeat(100));
                try {
                    while (!stop.get()) {
                        log.enqueue(batch);
                    }
                } catch (WalClosedException e) {
                    // it was the close that came through
                }
            });
        }
        Logs.await("some records are durable", () -> wal.durableLsn() > 100);
        return producers;
    }

    private static Storage slow() {
        return new SlowSync(new FaultyStorage(), Duration.ofMillis(1));
    }

    private interface OnDurable {
        void told(long durableLsn) throws Exception;
    }

    private static DurableListener listener(OnDurable onDurable) {
        return new DurableListener() {
            @Override
            public void onDurable(long durableLsn) {
                try {
                    onDurable.told(durableLsn);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }

            @Override
            public void onPoisoned(WalException cause) {}
        };
    }
}
