package io.walnut.chaos.workload;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.client.Appended;
import io.walnut.client.Appender;
import io.walnut.client.AppenderOptions;
import io.walnut.client.WalnutException;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two of three clients are producers, with as many batches in flight as a cluster remembers; the client library sends them again
 * where an answer is lost. The others append and read.
 */
final class PipelineWorkload implements Workload {
    @Override
    public String name() {
        return "pipeline";
    }

    @Override
    public String text() {
        return "producers with many batches in flight, whose order must hold, beside append-read";
    }

    @Override
    public Workload.Client client(Context context) {
        return context.number() % 3 == 0 ? new AppendReadWorkload().client(context) : new Producer(context);
    }

    /** Each step gives a batch to an appender; a new appender where that has failed, and now and then. */
    static final class Producer implements Workload.Client {
        private static final int NEW_ONE_IN = 500;
        private static final int LARGEST_WINDOW_LOG2 =
                Integer.numberOfTrailingZeros(AppenderOptions.MAX_BATCHES_IN_FLIGHT);

        private final Context context;
        private final Random random;
        private final String log;
        private @Nullable Stream stream;

        Producer(Context context) {
            this.context = context;
            this.random = context.random();
            this.log = context.logs().get(random.nextInt(context.logs().size()));
        }

        @Override
        public void step() throws InterruptedException {
            if (random.nextInt(NEW_ONE_IN) == 0) {
                close();
            }
            Stream to = stream;
            if (to == null) {
                // Few in flight as often as many: with all that a cluster takes, the clients that wait for each answer
                // hardly get a turn.
                to = new Stream(context, log, 1 << random.nextInt(LARGEST_WINDOW_LOG2 + 1));
                stream = to;
            }
            if (!to.append()) {
                close();
            }
        }

        /** Waits for all answers: what is in flight is not yet written down. */
        @Override
        public void close() {
            Stream ended = stream;
            stream = null;
            if (ended != null) {
                ended.close();
            }
        }
    }

    /** An appender, and the records of a client that are given to it and to no other: only within one appender is an order promised. */
    private static final class Stream {
        private static final long WAIT_MS = 100;
        private static final long LONGEST_CALL_SECONDS = 60;

        private final Appender appender;
        private final Batches batches;
        private final String log;
        private final int window;
        // Calls that overlap are calls of different processes.
        private final BlockingQueue<Caller> free = new LinkedBlockingQueue<>();

        /** @param window batches in flight at most */
        Stream(Context context, String log, int window) {
            this.appender = context.walnut().appender(log);
            this.batches = new Batches(context.recorder().newProcess(), context.random());
            this.log = log;
            this.window = window;
            for (int i = 0; i < window; i++) {
                free.add(Caller.of(context.recorder(), log));
            }
        }

        /** Gives it a batch, where not too many are in flight; false where it takes no more. */
        boolean append() throws InterruptedException {
            Caller caller = free.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            if (caller == null) {
                return true;
            }
            Batches.Batch batch = batches.next();
            long invoked = caller.now();
            try {
                CompletableFuture<Appended> answer = appender.append(batch.array());
                CompletableFuture<?> _ =
                        answer.whenComplete((appended, failure) -> answered(caller, invoked, batch, appended, failure));
                return true;
            } catch (WalnutException | IllegalStateException e) {
                answered(caller, invoked, batch, null, e);
                return false;
            }
        }

        private void answered(
                Caller caller,
                long invoked,
                Batches.Batch batch,
                @Nullable Appended appended,
                @Nullable Throwable failure) {
            Call call = failure == null ? caller.ok(invoked) : caller.failed(invoked, cause(failure));
            long offset = appended == null ? Operation.UNKNOWN : appended.firstOffset();
            caller.add(new Append(call, batch.firstId(), batch.count(), offset, true));
            free.add(caller);
        }

        private static Throwable cause(Throwable failure) {
            return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        }

        void close() {
            try {
                appender.close();
            } catch (WalnutException e) {
                // Each batch has had its own answer.
            }
            try {
                for (int i = 0; i < window; i++) {
                    if (free.poll(LONGEST_CALL_SECONDS, TimeUnit.SECONDS) == null) {
                        throw new IllegalStateException("an append to log '" + log + "' has no end, "
                                + LONGEST_CALL_SECONDS + " s after its appender was closed");
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
