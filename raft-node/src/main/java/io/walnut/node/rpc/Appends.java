package io.walnut.node.rpc;

import com.codahale.metrics.Timer;
import com.google.protobuf.ByteString;
import io.grpc.Deadline;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.metrics.NodeMetrics;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogInfo;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** From an append request to its answer, the same for the unary and the streaming call. Thread-safe. */
final class Appends {
    // The typed answer must be on its way before the client's own timer ends the call.
    private static final long ANSWER_MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final NodeLogs logs;
    private final LogLookup lookup;
    private final BatchCheck check;
    private final long timeoutNanos;
    private final NodeMetrics metrics;

    Appends(NodeLogs logs, LogLookup lookup, NodeConfig config, NodeMetrics metrics) {
        this.logs = logs;
        this.lookup = lookup;
        this.check = new BatchCheck(config.limits());
        this.timeoutNanos = config.append().timeout().toNanos();
        this.metrics = metrics;
    }

    /**
     * Checks and appends. May block to look for the log.
     *
     * @param callDeadline of the client's call, null for none
     * @param admitted called once in every case: when the batch is within the budget, or at its end before
     */
    CompletableFuture<AppendResponse> append(
            AppendRequest request, @Nullable Deadline callDeadline, Runnable admitted) {
        Timer.Context timer = metrics.append.time();
        Once once = new Once(admitted);
        CompletableFuture<AppendResponse> answer;
        try {
            answer = logs.append(batchOf(request), deadlineNanos(callDeadline), once);
        } catch (RequestException | ExecutionException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.whenComplete((response, failure) -> {
            timer.stop();
            if (failure == null) {
                metrics.appendedRecords.inc(response.getNextOffset() - response.getFirstOffset());
                metrics.appendedBytes.inc(request.getBatch().getRecords().size());
            } else {
                metrics.appendErrors.inc();
            }
            once.run();
        });
    }

    private AppendItem batchOf(AppendRequest request) throws RequestException, ExecutionException {
        RequestException.checkName(request.getLog());
        logs.requireLeader();
        check.check(request.getBatch());
        if (request.hasProducer()) {
            BatchCheck.check(request.getProducer(), request.getBatch().getCount());
        }
        LogInfo log = find(request.getLog());
        // Sealed or not is for the state machine to say: a retry of what was appended before the seal must still be
        // answered.
        ByteString bytes = request.getBatch().getRecords();
        return new AppendItem(
                log.id(),
                request.getProducer().getProducerId(),
                request.getProducer().getEpoch(),
                request.getProducer().getSequence(),
                request.getBatch().getCount(),
                request.getBatch().getCrc32C(),
                bytes.asReadOnlyByteBuffer());
    }

    private LogInfo find(String name) throws RequestException, ExecutionException {
        Optional<LogInfo> known = logs.find(name);
        // A leader that has been deposed, and has not heard of it yet, does not know what was created since. Waited
        // for here, in the thread of the stream: what comes after must not overtake.
        return known.isPresent()
                ? known.get()
                : lookup.find(name, Command.ANY_LOG, ReadConsistency.READ_CONSISTENCY_LINEARIZABLE);
    }

    private long deadlineNanos(@Nullable Deadline callDeadline) {
        long left = timeoutNanos;
        if (callDeadline != null) {
            long call = callDeadline.timeRemaining(TimeUnit.NANOSECONDS);
            left = Math.min(left, call - Math.min(ANSWER_MARGIN_NANOS, call / 4));
        }
        return System.nanoTime() + left;
    }

    private static final class Once implements Runnable {
        private final Runnable action;
        private final AtomicBoolean done = new AtomicBoolean();

        Once(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            if (done.compareAndSet(false, true)) {
                action.run();
            }
        }
    }
}
