package io.walnut.node.rpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.walnut.protocol.v1.ErrorCode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for the group in a handler's thread: as long as a call may take, and so that the answer still reaches its client. */
final class BoundedWait {
    private final long timeoutNanos;

    BoundedWait(Duration timeout) {
        this.timeoutNanos = timeout.toNanos();
    }

    /** What a change came to; when it is not known in time, its outcome is unknown. */
    <T> T forChange(CompletableFuture<T> change) throws RequestException, ExecutionException {
        return await(
                change,
                ErrorCode.ERROR_CODE_OUTCOME_UNKNOWN,
                "not answered in time by a majority; the change may have been applied, or still be");
    }

    /** Waits for something that changes nothing. */
    void forBarrier(CompletableFuture<?> barrier) throws RequestException, ExecutionException {
        Object _ = await(barrier, ErrorCode.ERROR_CODE_UNAVAILABLE, "no majority answered in time");
    }

    private <T> T await(CompletableFuture<T> future, ErrorCode late, String message)
            throws RequestException, ExecutionException {
        Deadline deadline = Context.current().getDeadline();
        long left = deadline == null
                ? timeoutNanos
                : Math.min(timeoutNanos, deadline.timeRemaining(TimeUnit.NANOSECONDS) * 9 / 10);
        try {
            return future.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw RequestException.of(late, message);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RequestException.of(late, "this node is stopping");
        }
    }
}
