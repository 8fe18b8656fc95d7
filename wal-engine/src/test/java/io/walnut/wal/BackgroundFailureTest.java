package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong in the background without being an I/O error, and closes that meet. */
@Timeout(30)
class BackgroundFailureTest {
    private static final String LARGE = "x".repeat(10 << 10);

    private final AtomicReference<Throwable> planted = new AtomicReference<>(new Throwable());

    private final ForwardingStorage storage = new ForwardingStorage(new FaultyStorage()) {
        @Override
        public StorageFile create(String name) throws IOException {
            if (name.endsWith(".seg")) {
                Throwable now = planted.get();
                if (now instanceof RuntimeException e) {
                    throw e;
                } else if (now instanceof Error e) {
                    throw e;
                }
            }
            return super.create(name);
        }
    };

    private static WalOptions options(BackgroundWork work) {
        return work == BackgroundWork.INLINE ? Logs.inline() : Logs.threads();
    }

    @ParameterizedTest
    @EnumSource
    void memoryThatRunsOutWhilePreparingIsReportedAndTheLogGoesOn(BackgroundWork work) throws Exception {
        prepareFails(new OutOfMemoryError("planted"), work);
    }

    @ParameterizedTest
    @EnumSource
    void aDefectMetWhilePreparingIsReportedAndTheLogGoesOn(BackgroundWork work) throws Exception {
        prepareFails(new IllegalStateException("planted"), work);
    }

    private void prepareFails(Throwable what, BackgroundWork work) throws Exception {
        try (Wal wal = Wal.open(storage, options(work))) {
            wal.append(Logs.batch(LARGE));
            planted.set(what);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            wal.append(Logs.batch(LARGE));
                        }
                    })
                    .isInstanceOf(WalIoException.class)
                    .hasMessageContaining("planted");

            planted.set(new Throwable());
            long end = wal.endLsn();
            assertThat(wal.append(Logs.batch(LARGE))).isEqualTo(end);
        }
    }

    @Test
    void closesThatMeetAllReturnWhenTheLogIsClosed() throws Exception {
        for (int round = 0; round < 50; round++) {
            FaultyStorage directory = new FaultyStorage();
            Wal wal = Wal.open(directory, Logs.threads());
            wal.append(Logs.batch("a"));
            try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
                List<Future<?>> closes = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    closes.add(pool.submit(() -> {
                        wal.close();
                        try (Wal again = Wal.open(FaultyStorage.of(directory.contents()), Logs.inline())) {
                            assertThat(again.recoveryReport().clean()).isTrue();
                        }
                        return null;
                    }));
                }
                for (Future<?> close : closes) {
                    close.get();
                }
            }
        }
    }

    @Test
    void thePoisonedLogGivesItsDirectoryFreeAlsoWhenAFileCannotBeClosed() throws Exception {
        FaultyStorage disk = new FaultyStorage();
        AtomicBoolean broken = new AtomicBoolean();
        Wal wal = Wal.open(
                new ForwardingStorage(disk) {
                    @Override
                    protected StorageFile wrap(String name, StorageFile file) {
                        return new ForwardingFile(file) {
                            @Override
                            public void close() throws IOException {
                                if (broken.get()) {
                                    throw new IOException("planted");
                                }
                            }
                        };
                    }
                },
                Logs.inline());
        wal.append(Logs.batch("a")); // and prepares the next segment
        broken.set(true);
        disk.refuse((ordinal, kind, name) -> {
            if (kind == FaultyStorage.Kind.SYNC) {
                throw new IOException("planted");
            }
        });
        assertThatThrownBy(() -> wal.append(Logs.batch("b"))).isInstanceOf(WalPoisonedException.class);
        disk.refuse((ordinal, kind, name) -> {});
        assertThatThrownBy(wal::close).isInstanceOf(WalException.class);
        Wal.open(disk, Logs.inline()).close();
    }
}
