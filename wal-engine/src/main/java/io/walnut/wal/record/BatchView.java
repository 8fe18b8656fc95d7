package io.walnut.wal.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of a batch where they lie. {@link #next} checks all of a record, and remembers where its parts are;
 * nothing is copied or made before it is asked for. Used again with {@link #over}. For one thread.
 */
public final class BatchView {
    private static final int LAST_FIELD = 6;
    private static final int LAST_HEADER_FIELD = 2;
    private static final int ABSENT = -1;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final Scanner batch = new Scanner();
    private final Scanner record = new Scanner();
    private final Scanner header = new Scanner();
    private ByteBuffer bytes = NOTHING;

    private long batchTimeMs;
    private long asOfMs = Long.MIN_VALUE; // nothing is over yet
    private int ordinal = -1;
    private int recordEnd;
    private int recordAt;
    private int keyAt;
    private int keyLength;
    private int valueAt;
    private int valueLength;
    private int firstHeaderAt;
    private int headerCount;
    private long timeMs;
    private long timeToLiveMs;
    private boolean deletes;

    public BatchView() {}

    /**
     * Looks at another batch, all of it: the bytes between position and limit, which must stay as they are. Call {@link #next}
     * then.
     */
    public BatchView over(ByteBuffer source) {
        return over(source, 0, Long.MIN_VALUE);
    }

    /** The same, without the records whose time to live is over at {@code nowMs}. */
    public BatchView over(ByteBuffer source, long timeOfBatchMs, long nowMs) {
        batchTimeMs = timeOfBatchMs;
        asOfMs = nowMs;
        ordinal = -1;
        bytes = source.slice().asReadOnlyBuffer();
        batch.over(bytes, 0, bytes.limit());
        return this;
    }

    /**
     * Moves to the next record.
     *
     * @return false when there is none
     * @throws MalformedRecordException when what comes is not a record; the view is then at its end
     */
    public boolean next() throws MalformedRecordException {
        while (batch.hasNext()) {
            long tag = batch.tag();
            if (tag != Fields.RECORD) {
                batch.skip(tag, 1);
                continue;
            }
            int length = batch.length();
            recordAt = batch.at();
            recordEnd = recordAt + length;
            batch.jumpTo(recordEnd);
            scan();
            ordinal++;
            if (!isExpired(batchTimeMs, asOfMs)) {
                return true;
            }
        }
        return false;
    }

    private void scan() throws MalformedRecordException {
        keyAt = ABSENT;
        valueAt = ABSENT;
        valueLength = 0;
        headerCount = 0;
        timeMs = BatchWriter.BATCH_TIME;
        timeToLiveMs = BatchWriter.FOR_EVER;
        deletes = false;
        record.over(bytes, recordAt, recordEnd);
        while (record.hasNext()) {
            int start = record.at();
            long tag = record.tag();
            if (tag == Fields.KEY) {
                keyLength = record.length();
                keyAt = record.at();
                record.jumpTo(keyAt + keyLength);
            } else if (tag == Fields.VALUE) {
                valueLength = record.length();
                valueAt = record.at();
                record.jumpTo(valueAt + valueLength);
            } else if (tag == Fields.HEADER) {
                int length = record.length();
                if (headerCount++ == 0) {
                    firstHeaderAt = start;
                }
                scanHeader(record.at(), length, null);
                record.jumpTo(record.at() + length);
            } else if (tag == Fields.TIME) {
                timeMs = record.number();
            } else if (tag == Fields.DELETES) {
                deletes = record.number() != 0;
            } else if (tag == Fields.TIME_TO_LIVE) {
                timeToLiveMs = record.number();
                if (timeToLiveMs < 0) {
                    throw new MalformedRecordException("a time to live beyond 63 bits", start);
                }
            } else {
                record.skip(tag, LAST_FIELD);
            }
        }
        if (deletes && (keyAt == ABSENT || valueLength > 0)) {
            throw new MalformedRecordException("a delete has a key and no value", recordAt);
        }
    }

    private void scanHeader(int from, int length, @Nullable HeaderConsumer taker) throws MalformedRecordException {
        int nameAt = from;
        int nameLength = 0;
        int headerValueAt = from;
        int headerValueLength = 0;
        header.over(bytes, from, from + length);
        while (header.hasNext()) {
            long tag = header.tag();
            if (tag == Fields.NAME) {
                nameLength = header.length();
                nameAt = header.at();
                header.jumpTo(nameAt + nameLength);
                header.checkUtf8(nameAt, nameLength);
            } else if (tag == Fields.VALUE) {
                headerValueLength = header.length();
                headerValueAt = header.at();
                header.jumpTo(headerValueAt + headerValueLength);
            } else {
                header.skip(tag, LAST_HEADER_FIELD);
            }
        }
        if (taker != null) {
            taker.accept(
                    StandardCharsets.UTF_8
                            .decode(bytes.slice(nameAt, nameLength))
                            .toString(),
                    bytes.slice(headerValueAt, headerValueLength));
        }
    }

    /** Takes the headers of a record. */
    @FunctionalInterface
    public interface HeaderConsumer {
        /** The value is a view of the batch. */
        void accept(String name, ByteBuffer value);
    }

    /** Which record of the batch it is, from 0; those that are left out count. */
    public int ordinal() {
        return ordinal;
    }

    public boolean hasKey() {
        return keyAt != ABSENT;
    }

    /** A view of the key, or null when there is none. */
    public @Nullable ByteBuffer key() {
        return keyAt == ABSENT ? null : bytes.slice(keyAt, keyLength);
    }

    /** A view of the value; empty for a delete. */
    public ByteBuffer value() {
        return valueAt == ABSENT ? NOTHING : bytes.slice(valueAt, valueLength);
    }

    /** Whether the record deletes its key. */
    public boolean deletes() {
        return deletes;
    }

    public int headerCount() {
        return headerCount;
    }

    /** Hands over the headers in their order. */
    public void eachHeader(HeaderConsumer taker) {
        if (headerCount == 0) {
            return;
        }
        try {
            record.over(bytes, firstHeaderAt, recordEnd);
            while (record.hasNext()) {
                long tag = record.tag();
                if (tag == Fields.HEADER) {
                    int length = record.length();
                    scanHeader(record.at(), length, taker);
                    record.jumpTo(record.at() + length);
                } else {
                    record.skip(tag, 0);
                }
            }
        } catch (MalformedRecordException e) {
            throw new IllegalStateException("the batch was changed while it was read", e);
        }
    }

    /** The record's own time, or else that of its batch, milliseconds since the epoch. */
    public long timeMs(long batchTimeMs) {
        return timeMs == BatchWriter.BATCH_TIME ? batchTimeMs : timeMs;
    }

    /** How long after its time the record counts, or {@link BatchWriter#FOR_EVER}. */
    public long timeToLiveMs() {
        return timeToLiveMs;
    }

    /** Whether the record's time to live is over. */
    public boolean isExpired(long batchTimeMs, long nowMs) {
        if (timeToLiveMs == BatchWriter.FOR_EVER) {
            return false;
        }
        long end = timeMs(batchTimeMs) + timeToLiveMs;
        return end < timeMs(batchTimeMs) ? false : end <= nowMs; // a sum beyond 63 bits never comes
    }

    /** Bytes of the record as it lies in the batch. */
    public int size() {
        return recordEnd - recordAt;
    }
}
