package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A replay that returns has fed all that it was asked for, whatever was cut or trimmed away just when it began. */
class ReplayVersusChangesTest {
    private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(700);

    @Test
    void feedsAllOrSaysWhyNot() throws Exception {
        try (Wal wal = Wal.open(new FaultyStorage(), Logs.inline())) {
            AtomicBoolean done = new AtomicBoolean();
            CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
                try {
                    while (!done.get()) {
                        change(wal);
                    }
                } catch (WalException e) {
                    throw new AssertionError(e);
                }
            });
            long until = System.nanoTime() + RUN_NANOS;
            long whole = 0;
            try {
                while (System.nanoTime() < until && !changes.isDone()) {
                    whole += replay(wal) ? 1 : 0;
                }
            } finally {
                done.set(true);
            }
            changes.get(20, TimeUnit.SECONDS);
            assertThat(whole).isPositive();
        }
    }

    private static void change(Wal wal) throws WalException {
        long lsn = wal.append(Logs.batch("a", "b", "c"));
        wal.roll();
        wal.append(Logs.batch("d", "e"));
        wal.truncateAfter(lsn + 1);
        wal.trimBefore(lsn);
    }

    /** False when it was refused. */
    private static boolean replay(Wal wal) throws InterruptedException, WalException {
        long from = wal.startLsn();
        long to = wal.durableLsn();
        AtomicLong fed = new AtomicLong();
        try {
            wal.replay(from, to, 1, _ -> _ -> fed.incrementAndGet());
        } catch (WalTrimmedException | WalRangeException | IllegalArgumentException e) {
            return false;
        }
        assertThat(fed.get()).as("LSNs %d to %d", from, to).isEqualTo(to - from);
        return true;
    }
}
