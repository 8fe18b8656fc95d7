package io.walnut.wal.store;

import io.walnut.wal.logs.Command;
import io.walnut.wal.record.BatchWriter;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One batch for one log, and the conditions under which it is appended.
 *
 * @param count records in the batch, 1 or more
 * @param bytes of the batch, opaque to the store; borrowed until the append returns, or its future
 * @param expectedOffset where the batch must begin, or {@link Command#ANY_OFFSET}
 * @param writerEpoch of the writer, 1 or more, or {@link Command#NO_EPOCH}: lower ones than the log has seen are fenced
 * @param producerId makes a repeated append no duplicate; 0 for none. Of batches that are appended together each has one, or none
 *     has
 * @param producerEpoch unsigned; a higher one starts the sequence anew, a lower one is fenced
 * @param sequence records that the producer appended to this log before, in its epoch
 */
public record LogAppend(
        String log,
        int count,
        ByteBuffer bytes,
        long expectedOffset,
        long writerEpoch,
        long producerId,
        int producerEpoch,
        long sequence) {
    public LogAppend {
        check(count >= 1, "an append has 1 record or more, not ", count);
        check(
                expectedOffset >= Command.ANY_OFFSET,
                "the expected offset must be 0 or more, or -1 for any, not ",
                expectedOffset);
        check(writerEpoch >= Command.NO_EPOCH, "the writer epoch must be 1 or more, or 0 for none, not ", writerEpoch);
        check(sequence >= 0, "the sequence must be 0 or more, not ", sequence);
    }

    private static void check(boolean holds, String message, long found) {
        if (!holds) {
            throw new IllegalArgumentException(message + found);
        }
    }

    /**
     * Whether these can be one append. Of batches with and without a producer a retry would find the former and append the latter
     * again. That is said here and not where commands are applied: one that an older store has accepted comes to the same for ever.
     */
    static void checkTogether(List<LogAppend> batches) {
        if (batches.isEmpty()) {
            throw new IllegalArgumentException("an append has one or more batches");
        }
        @Nullable LogAppend stamped = null;
        @Nullable LogAppend bare = null;
        for (LogAppend batch : batches) {
            if (batch.producerId != 0) {
                stamped = batch;
            } else {
                bare = batch;
            }
        }
        if (stamped != null && bare != null) {
            throw new IllegalArgumentException(
                    "the batch to log '" + bare.log + "' has no producer, the one to log '" + stamped.log
                            + "' has: repeated, the former would be appended again; give each a producer, or none");
        }
    }

    /** A batch without conditions. The bytes are not looked at: that they hold {@code count} records is for the caller to see to. */
    public static LogAppend of(String log, int count, ByteBuffer bytes) {
        return new LogAppend(log, count, bytes, Command.ANY_OFFSET, Command.NO_EPOCH, 0, 0, 0);
    }

    /** The records of a writer, which may be cleared when the append has returned, or its future. */
    public static LogAppend of(String log, BatchWriter records) {
        return of(log, records.count(), records.bytes());
    }

    /** Only when the log ends there. */
    public LogAppend expecting(long offset) {
        return new LogAppend(log, count, bytes, offset, writerEpoch, producerId, producerEpoch, sequence);
    }

    /** Only when no writer of a higher epoch was there. */
    public LogAppend inEpoch(long epoch) {
        return new LogAppend(log, count, bytes, expectedOffset, epoch, producerId, producerEpoch, sequence);
    }

    /** Only once. */
    public LogAppend by(long producer, int epoch, long recordsBefore) {
        return new LogAppend(log, count, bytes, expectedOffset, writerEpoch, producer, epoch, recordsBefore);
    }
}
