package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.LogSettings;
import io.walnut.wal.logs.Result;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

/** Who waits for the result of a command hears of it, also when the log is poisoned just then. */
class ApplierTest {
    private static final int ROUNDS = 300;
    private static final int COMMANDS = 200;

    private static ByteBuffer create(int i) {
        return new Command.Create(1, "log-" + i, LogSettings.KEEP_ALL).encode();
    }

    @Test
    void aCommandThatIsPendingOnlyAfterTheFailureWasToldFailsToo() {
        Applier applier = new Applier(new LogIndex(), 0);
        Exception cause = new IllegalStateException("poisoned");
        applier.fail(cause);
        assertThat(applier.add(0, create(0))).isCompletedExceptionally();
    }

    @Test
    void eachCommandIsAppliedOrFailsWhenBothComeAtOnce() throws Exception {
        List<ByteBuffer> commands = new ArrayList<>();
        for (int i = 0; i < COMMANDS; i++) {
            commands.add(create(i));
        }
        for (int round = 0; round < ROUNDS; round++) {
            LogIndex index = new LogIndex();
            Applier applier = new Applier(index, 0);
            List<CompletableFuture<Result>> results = new ArrayList<>();
            for (ByteBuffer command : commands) {
                results.add(applier.add(results.size(), command.duplicate()));
            }
            CyclicBarrier both = new CyclicBarrier(2);
            CompletableFuture<Void> applies = CompletableFuture.runAsync(() -> {
                await(both);
                applier.applyBelow(COMMANDS);
            });
            await(both);
            applier.fail(new IllegalStateException("poisoned"));
            applies.get();
            assertThat(results).allMatch(CompletableFuture::isDone);
            assertThat(results.stream().filter(result -> !result.isCompletedExceptionally()))
                    .hasSize(index.size());
        }
    }

    /** Else the index would be as if those that failed, and may be durable, had never been. */
    @Test
    void nothingIsAppliedAfterWhatFailed() throws Exception {
        for (int round = 0; round < 50 * ROUNDS; round++) {
            LogIndex index = new LogIndex();
            Applier applier = new Applier(index, 0);
            CompletableFuture<Result> first = applier.add(0, create(0));
            applier.fail(new IllegalStateException("poisoned"));
            CompletableFuture<CompletableFuture<Result>> second = new CompletableFuture<>();
            CompletableFuture<Void> adds = CompletableFuture.runAsync(() -> second.complete(applier.add(1, create(1))));
            while (!second.isDone()) {
                applier.applyBelow(2);
            }
            adds.get();
            assertThat(first).isCompletedExceptionally();
            assertThat(second.get()).isCompletedExceptionally();
            assertThat(index.size()).isZero();
        }
    }

    @Test
    void anAppendIsOnItsWayUntilItIsApplied() {
        Applier applier = new Applier(new LogIndex(), 0);
        CompletableFuture<Result> _ = applier.add(0, create(0));
        var item = new Command.AppendItem(7, 0, 0, 0, 1, 0, ByteBuffer.allocate(3));
        CompletableFuture<Result> _ = applier.add(1, new Command.Append(1, List.of(item)).encode());
        assertThat(applier.isAppendingTo(7)).isTrue();
        assertThat(applier.isAppendingTo(8)).isFalse();
        applier.applyBelow(1);
        assertThat(applier.isAppendingTo(7)).isTrue();
        applier.applyBelow(2);
        assertThat(applier.isAppendingTo(7)).isFalse();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
