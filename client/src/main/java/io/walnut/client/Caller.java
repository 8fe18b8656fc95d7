package io.walnut.client;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.LogServiceGrpc;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Unary calls that are safe to repeat: finds the leader, retries with back-off, all under one deadline. Thread-safe. */
final class Caller {
    /** Calls that change nothing: nothing of them can be in doubt. */
    private static final Set<MethodDescriptor<?, ?>> LOOKS = Set.of(
            LogServiceGrpc.getDescribeLogMethod(),
            LogServiceGrpc.getListLogsMethod(),
            ClusterServiceGrpc.getStatusMethod());

    private final Transport transport;
    private final Router router;
    private final Duration deadline;
    private final Duration attemptTimeout;

    Caller(Transport transport, Router router, Duration deadline, Duration attemptTimeout) {
        this.transport = transport;
        this.router = router;
        this.deadline = deadline;
        this.attemptTimeout = attemptTimeout;
    }

    <Q, R> R call(MethodDescriptor<Q, R> method, Q request) {
        return call(method, request, Deadline.in(deadline));
    }

    <Q, R> R call(MethodDescriptor<Q, R> method, Q request, Deadline end) {
        return call(method, request, end, failure -> null);
    }

    /** For an operation of several calls. */
    Deadline deadline() {
        return Deadline.in(deadline);
    }

    /**
     * @param resolve asked when an attempt that may have been applied was followed by one that was refused: the answer that the
     *     refusal stands for (a log that is gone, after a delete), or null when it is a failure all the same
     */
    <Q, R> R call(
            MethodDescriptor<Q, R> method, Q request, Deadline end, Function<WalnutException, @Nullable R> resolve) {
        boolean ambiguous = false;
        NodeFailures failures = new NodeFailures();
        int hops = 0;
        for (int attempt = 0; ; ) {
            if (end.passed()) {
                throw Errors.deadline(ambiguous, failures, deadline, words(method));
            }
            String endpoint = router.target();
            try {
                R answer = once(method, request, endpoint, Math.min(end.remainingNanos(), attemptTimeout.toNanos()));
                router.leads(endpoint);
                return answer;
            } catch (IllegalStateException e) {
                // The client was closed meanwhile. That must not hide what an earlier attempt may have done.
                throw ambiguous ? Errors.unknown(words(method) + ": the client was closed", failures.last()) : e;
            } catch (Failed e) {
                WalnutException last = e.failure;
                failures.add(endpoint, last, e.leaderAddress);
                if (Thread.currentThread().isInterrupted()) {
                    throw last.mayHaveBeenApplied() || ambiguous
                            ? Errors.unknown(words(method) + ": interrupted", last)
                            : Errors.unavailable(words(method) + ": interrupted", last);
                }
                if (!last.retryable()) {
                    R resolved = ambiguous ? resolve.apply(last) : null;
                    if (resolved != null) {
                        return resolved;
                    }
                    throw ambiguous ? Errors.afterUnknown(last) : last;
                }
                ambiguous |= last.mayHaveBeenApplied();
                boolean redirected = Redirect.after(last, e.leaderAddress, endpoint, router, transport);
                if (redirected && hops++ < Redirect.MAX_HOPS) {
                    continue;
                }
                hops = 0;
                long pause = Backoff.millis(attempt++);
                if (!end.leavesAnAttemptAfter(pause)) {
                    throw Errors.deadline(ambiguous, failures, deadline, words(method));
                }
                if (!end.sleep(pause)) {
                    throw Errors.deadline(ambiguous, failures, deadline, words(method) + ": interrupted");
                }
            }
        }
    }

    /** {@code DescribeLog} as people say it. */
    private static String words(MethodDescriptor<?, ?> method) {
        return String.valueOf(method.getBareMethodName())
                .replaceAll("(?<=.)([A-Z])", " $1")
                .toLowerCase(Locale.ROOT);
    }

    /** One attempt at one node, no retry. */
    <Q, R> R callAt(MethodDescriptor<Q, R> method, Q request, String endpoint) {
        try {
            return once(method, request, endpoint, deadline.toNanos());
        } catch (Failed e) {
            transport.failed(endpoint);
            throw e.failure;
        }
    }

    private <Q, R> R once(MethodDescriptor<Q, R> method, Q request, String endpoint, long timeoutNanos) throws Failed {
        SentTracer tracer = new SentTracer();
        CallOptions options =
                tracer.on(CallOptions.DEFAULT).withDeadlineAfter(Math.max(1, timeoutNanos), TimeUnit.NANOSECONDS);
        try {
            return ClientCalls.blockingUnaryCall(transport.channel(endpoint), method, options, request);
        } catch (WalnutException e) {
            throw new Failed(e, "");
        } catch (StatusRuntimeException e) {
            ErrorDetail detail =
                    e.getTrailers() == null ? null : e.getTrailers().get(Errors.TRAILER);
            Status status = e.getStatus();
            boolean sent = tracer.sent() && !LOOKS.contains(method);
            if (detail == null && Errors.isNotAClientPort(status) && router.knowsNoneBut(endpoint)) {
                throw new Failed(
                        Errors.invalid(Errors.of(status, null, sent, endpoint).getMessage()), "");
            }
            if (detail == null && status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
                throw new Failed(Errors.noAnswer(endpoint, sent, Duration.ofNanos(timeoutNanos)), "");
            }
            throw new Failed(
                    Errors.of(status, e.getTrailers(), sent, endpoint),
                    detail == null ? "" : detail.getLeaderAddress());
        }
    }

    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient WalnutException failure;
        private final String leaderAddress;

        Failed(WalnutException failure, String leaderAddress) {
            super(failure);
            this.failure = failure;
            this.leaderAddress = leaderAddress;
        }
    }
}
