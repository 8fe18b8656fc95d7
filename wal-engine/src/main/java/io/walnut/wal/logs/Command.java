package io.walnut.wal.logs;

import java.nio.ByteBuffer;
import java.util.List;

/** A change of the logs, as it stands in a WAL record; its bytes are drawn at {@link CommandCodec}. */
public sealed interface Command {
    /** In place of a log's id: whichever log has the name. With an id, a later log of the same name is left alone. */
    long ANY_LOG = 0;

    /** In place of the offset at which an append is to begin: wherever the log ends. */
    long ANY_OFFSET = -1;

    /** The writer epoch of an append that names none, and of a log that never had one. */
    long NO_EPOCH = 0;

    /** In place of a cursor's offset: the cursor goes. */
    long NO_CURSOR = -1;

    /** Creates a log. The time is the leader's, in milliseconds since the epoch. */
    record Create(long timestampMs, String name, LogSettings settings) implements Command {
        /** A log that keeps all. */
        public Create(long timestampMs, String name) {
            this(timestampMs, name, LogSettings.KEEP_ALL);
        }
    }

    /** Ends a log: it takes no more appends. Sealing twice is no error. */
    record Seal(String name, long logId) implements Command {}

    /** Drops the records below {@code beforeOffset}. Trimming less than was trimmed is no error. */
    record Trim(String name, long logId, long beforeOffset) implements Command {}

    /** Drops a log with all of its records. */
    record Delete(String name, long logId) implements Command {}

    /** Gives a log other settings. */
    record Alter(String name, long logId, LogSettings settings) implements Command {}

    /**
     * Fences a log: appends of lower writer epochs, and those that name none, are refused from now on. The same epoch again is no
     * error, a lower one is.
     *
     * @param epoch 1 or more
     */
    record Fence(String name, long logId, long epoch) implements Command {}

    /** Sets a cursor of a log, or removes it with {@link #NO_CURSOR}. A cursor keeps no record from being trimmed. */
    record CommitCursor(String name, long logId, String cursor, long offset) implements Command {}

    /**
     * Appends batches to one or more logs.
     *
     * @param allOrNone whether one batch that is refused keeps all of them out; a log is then named once. Else each succeeds or
     *     is refused by itself. Either each item has a producer then, or none has: of the others a retry would be appended again.
     *     Who makes the command sees to it; {@link LogIndex} takes any, as it ever did
     */
    record Append(long timestampMs, List<AppendItem> items, boolean allOrNone) implements Command {
        public Append {
            items = List.copyOf(items);
        }

        /** Items that know nothing of each other. */
        public Append(long timestampMs, List<AppendItem> items) {
            this(timestampMs, items, false);
        }
    }

    /**
     * One batch for one log.
     *
     * @param producerId 0 when the append is not deduplicated
     * @param producerEpoch unsigned
     * @param sequence records that this producer appended to this log before, in this epoch
     * @param count records in the batch, 1 or more
     * @param crc32c of {@code bytes}, by whoever encoded them
     * @param bytes the batch, opaque; a view, not a copy
     * @param expectedOffset where the batch must begin, or {@link #ANY_OFFSET}
     * @param writerEpoch of the log's writer, or {@link #NO_EPOCH}; a higher one than the log's fences the writers before
     */
    record AppendItem(
            long logId,
            long producerId,
            int producerEpoch,
            long sequence,
            int count,
            int crc32c,
            ByteBuffer bytes,
            long expectedOffset,
            long writerEpoch) {
        /** A batch without conditions. */
        public AppendItem(
                long logId,
                long producerId,
                int producerEpoch,
                long sequence,
                int count,
                int crc32c,
                ByteBuffer bytes) {
            this(logId, producerId, producerEpoch, sequence, count, crc32c, bytes, ANY_OFFSET, NO_EPOCH);
        }

        boolean hasConditions() {
            return expectedOffset != ANY_OFFSET || writerEpoch != NO_EPOCH;
        }
    }

    /** The only one there is. */
    int VERSION = 1;

    /** Bytes of an item without conditions beside its batch. */
    int ITEM_OVERHEAD_BYTES = 8 + 8 + 4 + 8 + 4 + 4 + 4;

    /** Bytes of an append command without conditions beside its items. */
    int APPEND_OVERHEAD_BYTES = 2 + 8 + 4;

    /**
     * The command in its own buffer, ready to be read.
     *
     * @throws IllegalArgumentException when a name has more than 65,535 bytes; {@link LogName#problem} refuses those long before
     */
    default ByteBuffer encode() {
        return CommandCodec.encode(this);
    }

    /** Reads a command; the batches of an append are views of {@code source}. */
    static Command decode(ByteBuffer source) throws MalformedException {
        return CommandCodec.decode(source);
    }
}
