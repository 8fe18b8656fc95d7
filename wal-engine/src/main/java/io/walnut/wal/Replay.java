package io.walnut.wal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** Feeds the records of several segments at once. The first failure stops all. */
final class Replay {
    private final LogReader log;
    private final List<LsnRange> pieces;
    private final Function<LsnRange, SegmentConsumer> consumers;
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopped;

    Replay(LogReader log, List<LsnRange> pieces, Function<LsnRange, SegmentConsumer> consumers) {
        this.log = log;
        this.pieces = pieces;
        this.consumers = consumers;
    }

    /** No thread of it is left on return. */
    void run(int threads) throws WalException, InterruptedException {
        int workers = Math.min(threads, pieces.size());
        if (workers == 0) {
            return;
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(
                workers, Thread.ofPlatform().daemon().name("wal-replay-", 0).factory())) {
            try {
                List<Future<?>> running = new ArrayList<>();
                for (int i = 0; i < workers; i++) {
                    running.add(pool.submit(() -> work(pool)));
                }
                for (Future<?> worker : running) {
                    worker.get();
                }
            } catch (RejectedExecutionException e) {
                // The first has failed, and stopped all, before the last was begun.
                failure.compareAndSet(null, e);
            } catch (ExecutionException e) {
                failure.compareAndSet(null, e.getCause());
            } catch (InterruptedException e) {
                stop(pool);
                throw e;
            }
        }
        switch (failure.get()) {
            case null -> {}
            case WalException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException("a consumer threw what it may not", e);
        }
    }

    /** A consumer that waits for something is interrupted. */
    private void stop(ExecutorService pool) {
        stopped = true;
        pool.shutdownNow();
    }

    private void work(ExecutorService pool) {
        try {
            for (int i = taken.getAndIncrement(); i < pieces.size() && !stopped; i = taken.getAndIncrement()) {
                feed(pieces.get(i));
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
            stop(pool);
        }
    }

    private void feed(LsnRange piece) throws WalException {
        SegmentConsumer consumer = consumers.apply(piece);
        try (LogCursor cursor = new LogCursor(log, piece.from(), piece.to(), gap -> {})) {
            while (cursor.next()) {
                if (stopped) {
                    return;
                }
                consumer.accept(cursor);
            }
            if (cursor.nextLsn() < piece.to()) {
                throw new WalRangeException(cursor.nextLsn(), log.readableLsn()); // cut away meanwhile
            }
        }
        consumer.end();
    }
}
