package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.segment.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who stands in a gap that a compaction left while it is truncated away hears of the gap, or that there is nothing. */
@ExtendWith(QuietLog.class)
class GapVersusCutTest {
    private static final int ROUNDS = 600;
    private static final int RECORDS = 40;
    private static final int LOOKED_FOR = 30;
    private static final int LEFT = 10;
    private static final int CURSORS = 200;

    private final FaultyStorage storage = new FaultyStorage();

    /** A log of which nothing is left, in one segment. */
    private Wal compacted() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        for (int i = 0; i < RECORDS; i++) {
            wal.append(Logs.batch("x"));
        }
        wal.roll();
        wal.compact(Long.MAX_VALUE, record -> false, progress -> true);
        return wal;
    }

    @Test
    void aReadThatBeganBeforeTheCutIsToldOfTheGap() throws Exception {
        try (Wal wal = compacted()) {
            boolean[] cut = {false};
            storage.refuse((ordinal, kind, name) -> {
                if (kind == FaultyStorage.Kind.READ && Segment.id(name) >= 0 && !cut[0]) {
                    cut[0] = true;
                    wal.truncateAfter(LEFT - 1);
                }
            });
            assertThatThrownBy(() -> wal.read(LOOKED_FOR)).isInstanceOfSatisfying(WalGapException.class, e -> {
                assertThat(e.gap().lsns().from()).isLessThanOrEqualTo(LOOKED_FOR);
                assertThat(e.gap().lsns().to()).isGreaterThan(LOOKED_FOR);
            });
            assertThatThrownBy(() -> wal.read(LOOKED_FOR)).isInstanceOf(WalRangeException.class);
        }
    }

    @Test
    void aCursorPassesOverTheGapOrIsAtTheEnd() throws Exception {
        compacted().close();
        Map<String, byte[]> files = storage.contents();
        for (int round = 0; round < ROUNDS; round++) {
            Wal wal = Wal.open(FaultyStorage.of(files), Logs.inline());
            List<Cursor> cursors = new ArrayList<>();
            for (int i = 0; i < CURSORS; i++) {
                cursors.add(wal.cursor(LOOKED_FOR));
            }
            CyclicBarrier both = new CyclicBarrier(2);
            CompletableFuture<Void> reads = CompletableFuture.runAsync(() -> {
                try {
                    both.await();
                    for (Cursor cursor : cursors) {
                        assertThat(cursor.next()).isFalse();
                        cursor.close();
                    }
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            both.await();
            wal.truncateAfter(LEFT - 1);
            reads.get();
            wal.close();
        }
    }
}
