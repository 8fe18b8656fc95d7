package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.raft.VisibleEntries.Bounds;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.junit.jupiter.api.Test;

class VisibleEntriesTest {
    private static final long TERM = 3;
    private static final long TAG = TERM << 8 | 3;
    private static final int ROUNDS = 200_000;

    /**
     * What is told of the last entry decides whom the others vote for, and the thread of an election asks without a lock. The reader
     * here meets bounds whose last entries the WAL does not have: as one that saw them before these were cut off, and was held up.
     */
    @Test
    void theTermOfAnEntryThatWasCutOffMeanwhileIsNotMadeUp() throws Exception {
        try (Wal wal = Wal.open(new FaultyStorage(), WalOptions.defaults().withSizes(8 << 20, 2 << 20, 8 << 20))) {
            for (int index = 0; index < 7; index++) {
                assertThat(wal.append(Batch.of(TAG, ByteBuffer.allocate(10)))).isEqualTo(index);
            }
            VisibleEntries visible = new VisibleEntries("test", wal, new Damage("test"));
            visible.show(new Bounds(0, 6, null));
            AtomicBoolean end = new AtomicBoolean();
            CompletableFuture<Long> highestTerm = CompletableFuture.supplyAsync(
                    () -> highestTerm(visible, end),
                    task -> Thread.ofPlatform().daemon().start(task));
            for (int round = 0; round < ROUNDS && !highestTerm.isDone(); round++) {
                visible.show(new Bounds(0, 9, null));
                Thread.onSpinWait();
                visible.show(new Bounds(0, 6, null));
            }
            end.set(true);
            assertThat(highestTerm.get(10, TimeUnit.SECONDS)).isEqualTo(TERM);
            assertThat(visible.lastTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 6));
        }
    }

    private static long highestTerm(VisibleEntries visible, AtomicBoolean end) {
        long highest = 0;
        while (highest <= TERM && !end.get()) {
            highest = Math.max(
                    highest, Objects.requireNonNull(visible.lastTermIndex()).getTerm());
            for (LogEntryHeader header : visible.headers(5, 20)) {
                highest = Math.max(highest, header.getTerm());
            }
        }
        return highest;
    }
}
