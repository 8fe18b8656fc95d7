package io.walnut.wal;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

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
        int workers = Math.min(atOnce, count);
        if (workers > 1) {
            inParallel(workers, count, work, done);
            return;
        }
        for (int i = 0; i < count; i++) {
            done.add(work.on(i));
        }
    }

    private static <T> void inParallel(int workers, int count, Work<T> work, List<T> done) throws IOException {
        try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
            List<Future<T>> futures = IntStream.range(0, count)
                    .mapToObj(i -> pool.submit(() -> work.on(i)))
                    .toList();
            Throwable failure = null;
            for (Future<T> future : futures) {
                try {
                    done.add(future.get()); // all of them, so that all that are open are closed again
                } catch (ExecutionException e) {
                    failure = e.getCause();
                }
            }
            switch (failure) {
                case null -> {}
                case IOException io -> throw io;
                case RuntimeException defect -> throw defect;
                case Error error -> throw error;
                default -> throw new IOException(failure);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening segments", e);
        }
    }
}
