package io.walnut.wal;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;

/** The pieces of work of an open that may be done at once. */
final class Workers {
    private Workers() {}

    /** What is made of the piece of that number, from 0. */
    interface Work<T> {
        T on(int i) throws IOException;
    }

    /**
     * What comes of {@code count} pieces of work, in order, into {@code done}; all that was done when one failed, too.
     *
     * @param atOnce 1 for the calling thread alone
     */
    static <T> void each(int atOnce, int count, Work<T> work, List<T> done) throws IOException {
        each(atOnce, count, work, done, Executors.defaultThreadFactory());
    }

    static <T> void each(int atOnce, int count, Work<T> work, List<T> done, ThreadFactory threads) throws IOException {
        int workers = Math.min(atOnce, count);
        if (workers > 1) {
            inParallel(workers, count, work, done, threads);
            return;
        }
        for (int i = 0; i < count; i++) {
            done.add(work.on(i));
        }
    }

    /** An interrupt is heard of when all is done: what others have opened for this thread must be closed again. */
    private static <T> void inParallel(int workers, int count, Work<T> work, List<T> done, ThreadFactory threads)
            throws IOException {
        boolean interrupted = false;
        Throwable failure = null;
        try (ExecutorService pool = Executors.newFixedThreadPool(workers, threads)) {
            Deque<Future<T>> futures = new ArrayDeque<>();
            try {
                for (int i = 0; i < count; i++) {
                    int number = i;
                    futures.add(pool.submit(() -> work.on(number)));
                }
            } catch (RuntimeException | Error e) { // no more threads: what others do is to be closed all the same
                failure = e;
            }
            while (!futures.isEmpty()) {
                try {
                    done.add(futures.getFirst().get());
                    futures.removeFirst();
                } catch (ExecutionException e) {
                    failure = e.getCause();
                    futures.removeFirst();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening segments", failure);
        }
        switch (failure) {
            case null -> {}
            case IOException io -> throw io;
            case RuntimeException defect -> throw defect;
            case Error error -> throw error;
            default -> throw new IOException(failure);
        }
    }
}
