package io.walnut.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.ReadRequest;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.protocol.v1.TailRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The records of a log, in order, each batch verified against its writer's checksum. A read ends at the end that the log had when
 * it began; a tail goes on with each new record until it is closed, or the log is sealed. When a node fails, both go on at the
 * next offset on another one, unless they are pinned to one.
 *
 * <p>One thread iterates; {@link #close()} may be called by another and ends a waiting tail. A reader whose client is closed
 * before it is at its end throws IllegalStateException: it must not look as if everything had been read. Only one pass is
 * possible: {@link #iterator()} goes on where the last one stopped.
 */
/*
 * What the iterating thread keeps; only closed, clientClosed, stream, nextOffset and endOffset are seen by others.
 *
 *   offsets   nextOffset <= received <= min(limit, stopAt)
 *             nextOffset  comes next out of this reader; received - nextOffset records wait in `records`
 *             received    comes next from a node
 *             limit       the caller's bound, fixed; stopAt: where the log ended at the first answer of a read, then fixed
 *   end       ended       no node is asked any more: an orderly end, or a tail of a sealed log
 *   stream    null        the next fill() opens one: at `endpoint`, chosen anew while retryUntil is set
 *             heard       it has given a message; before that, and in a read always, silence since heardNanos fails it
 *   failures  retryUntil  null while all is well; set by the first failure, ends the reader when it has passed
 *             attempt     waits since then, for the back-off; hops: leaders followed without a wait
 *             damaged     batches in a row with a wrong checksum; counts also where retryUntil does not
 *             a good message clears retryUntil, failures, attempt and hops; a good batch clears damaged
 */
public final class LogReader implements AutoCloseable, Iterable<StoredRecord> {
    private static final int MAX_DAMAGED_IN_A_ROW = 3;

    private final String log;
    private final Transport transport;
    private final Router router;
    private final Duration deadline;
    private final Duration attemptTimeout;
    private final Consumer<LogReader> onClose;
    private final boolean tail;
    private final @Nullable String pinned;
    private final long firstOffset;
    /** Offset to stop at, as far as the caller has said. */
    private final long limit;

    private final ArrayDeque<StoredRecord> records = new ArrayDeque<>();
    private volatile @Nullable MessageStream<?, ReadResponse> stream;
    private volatile boolean closed;
    private volatile boolean clientClosed;
    private volatile long nextOffset;
    private volatile long endOffset = -1;
    private long received;
    /** Of the log that the first answer was about; 0 before. */
    private long logId;

    private long stopAt = Long.MAX_VALUE;
    private boolean ended;
    private String endpoint = "";
    private @Nullable Deadline retryUntil;
    private final NodeFailures failures = new NodeFailures();
    private boolean heard;
    /** When the stream was opened, or its last event taken. */
    private long heardNanos;

    private int attempt;
    private int hops;
    private int damaged;

    LogReader(
            String log,
            ReadOptions options,
            boolean tail,
            Transport transport,
            Router router,
            Duration deadline,
            Duration attemptTimeout,
            Consumer<LogReader> onClose) {
        this.log = log;
        this.tail = tail;
        this.transport = transport;
        this.router = router;
        this.deadline = deadline;
        this.attemptTimeout = attemptTimeout;
        this.onClose = onClose;
        this.pinned = options.endpoint().orElse(null);
        this.firstOffset = options.from();
        this.nextOffset = options.from();
        this.received = options.from();
        this.limit = options.maxRecords() > Long.MAX_VALUE - options.from()
                ? Long.MAX_VALUE
                : options.from() + options.maxRecords();
    }

    /** Offset of the record that comes next. */
    public long nextOffset() {
        return nextOffset;
    }

    /** End of the log as the answering node last knew it; -1 before its first answer. */
    public long endOffset() {
        return endOffset;
    }

    /** The next record, waiting for it without bound; null at the end. */
    public @Nullable StoredRecord next() {
        return poll(Duration.ofNanos(Long.MAX_VALUE));
    }

    /** The next record; null when there is none within the time, or at the end ({@link #isAtEnd()}). */
    public @Nullable StoredRecord poll(Duration timeout) {
        long from = System.nanoTime();
        while (true) {
            StoredRecord record = records.poll();
            if (record != null) {
                nextOffset = record.offset() + 1;
                return record;
            }
            if (isAtEnd()) {
                return null;
            }
            long left = TimeUnit.NANOSECONDS.convert(timeout) - (System.nanoTime() - from);
            if (!fill(Math.max(left, 0)) && left <= 0) {
                return null;
            }
        }
    }

    /** True when no record will follow: the end of a read, a sealed log, a closed reader (not a closed client). */
    public boolean isAtEnd() {
        return closed || (records.isEmpty() && (ended || received >= Math.min(limit, stopAt)));
    }

    @Override
    public Iterator<StoredRecord> iterator() {
        return new Iterator<>() {
            private @Nullable StoredRecord ahead;

            @Override
            public boolean hasNext() {
                if (ahead == null) {
                    ahead = LogReader.this.next();
                }
                return ahead != null;
            }

            @Override
            public StoredRecord next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("the reader is at the end of log '" + log + "'");
                }
                StoredRecord record = ahead;
                ahead = null;
                if (record == null) {
                    throw new NoSuchElementException();
                }
                return record;
            }
        };
    }

    @Override
    public void close() {
        closed = true;
        onClose.accept(this);
        MessageStream<?, ReadResponse> open = stream;
        if (open != null) {
            open.close();
        }
    }

    /** The client has been closed: ends a waiting reader, too. */
    void clientClosed() {
        clientClosed = true;
        MessageStream<?, ReadResponse> open = stream;
        if (open != null) {
            open.close();
        }
    }

    /** Takes one event of the stream; false when none came in time. */
    private boolean fill(long nanos) {
        MessageStream<?, ReadResponse> open = stream;
        if (open == null) {
            open = open();
        }
        // A tail that has begun may be silent. Otherwise a node that says nothing is left after the time of an
        // attempt, however short the waits of the caller are.
        boolean maySayNothing = heard && tail;
        long patience = maySayNothing ? nanos : Math.min(nanos, Math.max(0, attemptTimeout.toNanos() - silenceNanos()));
        MessageStream.Event<ReadResponse> event;
        try {
            event = open.poll(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Errors.unavailable("log '" + log + "': interrupted while reading", e);
        }
        if (closed) {
            return false;
        }
        if (clientClosed) {
            throw new IllegalStateException(
                    "this client is closed; log '" + log + "' was read up to offset " + nextOffset + " only");
        }
        if (event == null) {
            if (!maySayNothing && silenceNanos() >= attemptTimeout.toNanos()) {
                failed(Errors.noAnswer(endpoint, false, attemptTimeout), "");
            }
            return false;
        }
        heardNanos = System.nanoTime();
        ReadResponse message = event.message();
        if (message != null) {
            try {
                accept(message);
            } catch (WalnutException.ChecksumMismatch e) {
                if (pinned != null || ++damaged >= MAX_DAMAGED_IN_A_ROW) {
                    hangUp();
                    throw e;
                }
                askAnother(e);
            }
        } else {
            finished(event.failure());
        }
        return true;
    }

    private long silenceNanos() {
        return System.nanoTime() - heardNanos;
    }

    private MessageStream<?, ReadResponse> open() {
        if (pinned != null) {
            endpoint = pinned;
        } else if (endpoint.isEmpty() || retryUntil != null) {
            endpoint = router.target();
        }
        heard = false;
        heardNanos = System.nanoTime();
        MessageStream<?, ReadResponse> opened = tail
                ? MessageStream.open(
                        transport.channel(endpoint),
                        LogServiceGrpc.getTailMethod(),
                        TailRequest.newBuilder()
                                .setLog(log)
                                .setLogId(logId)
                                .setFromOffset(received)
                                .setConsistency(consistency())
                                .build())
                : MessageStream.open(transport.channel(endpoint), LogServiceGrpc.getReadMethod(), readRequest());
        stream = opened;
        if (closed || clientClosed) {
            opened.close();
        }
        return opened;
    }

    private ReadRequest readRequest() {
        long upTo = Math.min(limit, stopAt);
        return ReadRequest.newBuilder()
                .setLog(log)
                .setLogId(logId)
                .setFromOffset(received)
                .setMaxRecords(upTo == Long.MAX_VALUE ? 0 : upTo - received)
                .setConsistency(consistency())
                .build();
    }

    /** Pinned: what that node has, however old. Otherwise a node that cannot know what is new sends us to another one. */
    private ReadConsistency consistency() {
        return pinned != null
                ? ReadConsistency.READ_CONSISTENCY_COMMITTED
                : ReadConsistency.READ_CONSISTENCY_LINEARIZABLE;
    }

    private void accept(ReadResponse message) {
        heard = true;
        if (logId != 0 && message.getLogId() != logId) {
            hangUp();
            throw Errors.notFound("log '" + log + "' has been deleted while it was read; the one that " + endpoint
                    + " has under that name is another");
        }
        logId = message.getLogId();
        for (StoredBatch batch : message.getBatchesList()) {
            accept(batch);
            damaged = 0;
        }
        endOffset = message.getEndOffset();
        if (!tail && stopAt == Long.MAX_VALUE) {
            stopAt = Math.max(message.getEndOffset(), firstOffset);
        }
        retryUntil = null;
        failures.clear();
        attempt = 0;
        hops = 0;
        if (tail && message.getSealed() && received >= message.getEndOffset()) {
            ended = true;
        }
    }

    private void accept(StoredBatch batch) {
        long base = batch.getBaseOffset();
        if (base > received) {
            throw Errors.internal(
                    "log '" + log + "': " + endpoint + " skipped from offset " + received + " to " + base, null);
        }
        for (StoredRecord record : BatchCodec.decode(log, batch)) {
            if (record.offset() == received && received < limit) {
                records.add(record);
                received++;
            }
        }
    }

    private void finished(@Nullable Throwable failure) {
        if (failure == null) {
            if (ended || received >= Math.min(limit, stopAt) || (!tail && !heard)) {
                ended = true;
                hangUp();
                return;
            }
            failed(
                    Errors.unavailable(
                            endpoint + ": ended the answer at offset " + received
                                    + (stopAt == Long.MAX_VALUE ? "" : " of " + stopAt),
                            null),
                    "");
            return;
        }
        Metadata trailers = failure instanceof StatusRuntimeException e ? e.getTrailers() : null;
        ErrorDetail detail = trailers == null ? null : trailers.get(Errors.TRAILER);
        Status status = Status.fromThrowable(failure);
        WalnutException mapped = Errors.of(status, trailers, false, endpoint);
        if (Errors.isNotAClientPort(status) && (pinned != null || router.knowsNoneBut(endpoint))) {
            mapped = Errors.invalid(mapped.getMessage());
        }
        failed(mapped, detail == null ? "" : detail.getLeaderAddress());
    }

    /** The node sent what the writer did not: what was good is kept, the rest is asked for at another node. */
    private void askAnother(WalnutException failure) {
        hangUp();
        retryUntil = null;
        endpoint = router.otherThan(endpoint);
        if (!Deadline.in(deadline).sleep(Backoff.millis(damaged))) {
            throw failure;
        }
    }

    private void failed(WalnutException failure, String leaderAddress) {
        hangUp();
        // Another node may be a little behind the one that has told us of these records.
        boolean behind = failure.code() == ErrorCode.ERROR_CODE_OFFSET_BEYOND_END && received <= endOffset;
        if ((!failure.retryable() && !behind) || (pinned != null && retryUntil != null && retryUntil.passed())) {
            throw failure;
        }
        Deadline until = retryUntil;
        if (until == null) {
            until = Deadline.in(deadline);
            retryUntil = until;
        }
        failures.add(endpoint, failure, leaderAddress);
        if (until.passed()) {
            throw Errors.deadline(false, failures, deadline, "reading log '" + log + "'");
        }
        boolean redirected = pinned == null && Redirect.after(failure, leaderAddress, endpoint, router, transport);
        if (pinned != null) {
            transport.failed(endpoint);
        }
        if (redirected && hops++ < Redirect.MAX_HOPS) {
            return;
        }
        hops = 0;
        if (!until.sleep(Backoff.millis(attempt++))) {
            throw Errors.unavailable("log '" + log + "': interrupted while reading", failure);
        }
    }

    private void hangUp() {
        MessageStream<?, ReadResponse> open = stream;
        stream = null;
        if (open != null) {
            open.close();
        }
    }
}
