package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.AppendOutcome;
import io.walnut.wal.logs.Result.Appended;
import io.walnut.wal.logs.Result.NotAppended;
import io.walnut.wal.logs.Result.Reason;
import io.walnut.wal.logs.Result.Rejection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One log. Its monitor guards it: one thread applies, many look things up; each sees a batch wholly or not at all. */
final class LogState extends BatchIndex {
    /** Cursors that a log may have. */
    static final int MAX_CURSORS = 1_000;

    /** No record of the log needs a WAL record. */
    static final long NEEDS_NONE = Long.MAX_VALUE;

    final long id;
    final byte[] nameBytes; // a String would be an object more, of a million
    final long createdMs;

    private boolean sealed;
    private @Nullable Extras extras; // null for most logs

    /** Lowest LSN that the log needs, and its place among the logs by that. Of {@link NeededLsns} alone. */
    long neededLsn = NEEDS_NONE;

    int heapPlace;

    /** What few idle logs have. */
    private static final class Extras {
        final Producers producers = new Producers();
        final TreeMap<String, Long> cursors = new TreeMap<>();
        LogSettings settings = LogSettings.KEEP_ALL;
        long writerEpoch;
    }

    LogState(long id, byte[] nameBytes, long createdMs) {
        this.id = id;
        this.nameBytes = nameBytes;
        this.createdMs = createdMs;
    }

    String name() {
        return new String(nameBytes, StandardCharsets.US_ASCII);
    }

    synchronized LogInfo info() {
        return new LogInfo(id, name(), startOffset(), endOffset(), sealed, createdMs, lastTimestampMs());
    }

    synchronized LogDetails details() {
        Extras known = extras;
        return known == null
                ? new LogDetails(info(), LogSettings.KEEP_ALL, bytes(), 0, Map.of())
                : new LogDetails(info(), known.settings, bytes(), known.writerEpoch, known.cursors);
    }

    synchronized AppendOutcome append(long lsn, int slot, AppendItem item, long timestampMs) {
        AppendOutcome known = check(item);
        if (known != null) {
            return known;
        }
        long offset = endOffset();
        int bytes = item.bytes().remaining();
        add(new BatchLocation(lsn, slot, offset, item.count(), timestampMs, bytes));
        if (item.producerId() != 0) {
            extras().producers.remember(item, offset, timestampMs);
        }
        if (item.writerEpoch() > writerEpoch()) {
            extras().writerEpoch = item.writerEpoch();
        }
        return new Appended(offset, endOffset(), timestampMs, false);
    }

    /** The outcome of an append that must not happen, or not again; null when it may. */
    synchronized @Nullable AppendOutcome check(AppendItem item) {
        if (item.producerId() != 0) {
            AppendOutcome known = checkSequence(item);
            if (known != null) {
                return known;
            }
        }
        if (sealed) {
            return refusedAsSealed();
        }
        if (item.writerEpoch() < writerEpoch()) {
            return notAppended(
                    Reason.FENCED,
                    "log '" + name() + "' has a writer in epoch " + writerEpoch() + "; "
                            + (item.writerEpoch() == Command.NO_EPOCH
                                    ? "an append without an epoch is refused"
                                    : "epoch " + item.writerEpoch() + " may not append any more"),
                    writerEpoch());
        }
        if (item.expectedOffset() != Command.ANY_OFFSET && item.expectedOffset() != endOffset()) {
            return notAppended(
                    Reason.OFFSET_MISMATCH,
                    "log '" + name() + "' ends at offset " + endOffset() + ", the append expected "
                            + item.expectedOffset(),
                    endOffset());
        }
        return null;
    }

    /** The outcome of an append that is not the producer's next, or null. */
    private @Nullable AppendOutcome checkSequence(AppendItem item) {
        Producer producer = extras == null ? null : extras.producers.get(item.producerId());
        int epochs = producer == null ? 1 : Integer.compareUnsigned(item.producerEpoch(), producer.epoch);
        if (producer != null && epochs < 0) {
            return notAppended(
                    Reason.FENCED,
                    "producer %016x of log '%s' is in epoch %s; epoch %s may not append any more"
                            .formatted(
                                    item.producerId(),
                                    name(),
                                    Integer.toUnsignedString(producer.epoch),
                                    Integer.toUnsignedString(item.producerEpoch())),
                    Integer.toUnsignedLong(producer.epoch));
        }
        long expected = producer == null || epochs > 0 ? 0 : producer.nextSequence;
        if (item.sequence() == expected) {
            return null;
        }
        if (producer != null && item.sequence() < expected) {
            Producer.Accepted first = producer.find(item.sequence(), item.count());
            if (first != null) {
                return new Appended(first.offset(), first.offset() + first.count(), first.timestampMs(), true);
            }
        }
        if (sealed) {
            // What follows an append that met the seal is out of sequence too, but that is not what its writer must
            // know.
            return refusedAsSealed();
        }
        return notAppended(
                Reason.OUT_OF_SEQUENCE,
                "producer %016x of log '%s': found sequence %d, expected %d"
                        .formatted(item.producerId(), name(), item.sequence(), expected),
                expected);
    }

    private NotAppended refusedAsSealed() {
        return notAppended(Reason.LOG_SEALED, "log '" + name() + "' is sealed and takes no more appends", 0);
    }

    /** The outcome of a batch that would have been appended, had all of its command. */
    synchronized NotAppended abandoned() {
        return notAppended(
                Reason.ABORTED, "nothing was appended to log '" + name() + "': another log refused its part", 0);
    }

    private NotAppended notAppended(Reason reason, String message, long expected) {
        return new NotAppended(new Rejection(reason, message, startOffset(), endOffset(), expected));
    }

    synchronized void seal() {
        sealed = true;
    }

    /** Drops what is below {@code offset}; the caller has checked that the log reaches that far. */
    synchronized void trim(long offset) {
        if (offset > startOffset()) {
            dropBefore(offset);
        }
    }

    synchronized void alter(LogSettings settings) {
        if (extras != null || !settings.equals(LogSettings.KEEP_ALL)) {
            extras().settings = settings;
        }
    }

    /** False when a later writer is known. */
    synchronized boolean fence(long epoch) {
        if (epoch < writerEpoch()) {
            return false;
        }
        extras().writerEpoch = epoch;
        return true;
    }

    synchronized long writerEpoch() {
        return extras == null ? Command.NO_EPOCH : extras.writerEpoch;
    }

    /** Sets a cursor, or removes it with {@link Command#NO_CURSOR}; false when there are too many. */
    synchronized boolean commitCursor(String cursor, long offset) {
        if (offset == Command.NO_CURSOR) {
            if (extras != null) {
                extras.cursors.remove(cursor);
            }
            return true;
        }
        Extras own = extras();
        if (own.cursors.size() >= MAX_CURSORS && !own.cursors.containsKey(cursor)) {
            return false;
        }
        own.cursors.put(cursor, offset);
        return true;
    }

    private Extras extras() {
        Extras own = extras;
        if (own == null) {
            own = new Extras();
            extras = own;
        }
        return own;
    }

    synchronized LogSettings settings() {
        return extras == null ? LogSettings.KEEP_ALL : extras.settings;
    }

    /** Offset before which the settings want the log trimmed: its start when nothing is due. */
    synchronized long dueOffset(long nowMs) {
        LogSettings settings = settings();
        long due = startOffset();
        if (settings.maxRecords() > 0) {
            due = Math.max(due, endOffset() - settings.maxRecords());
        }
        if (settings.maxAgeMs() > 0) {
            due = Math.max(due, offsetAt(nowMs - settings.maxAgeMs()));
        }
        if (settings.maxBytes() > 0) {
            due = Math.max(due, offsetKeeping(settings.maxBytes()));
        }
        return due;
    }

    synchronized boolean dueToBeSealed(long nowMs) {
        long idleMs = settings().idleSealMs();
        return !sealed && idleMs > 0 && nowMs - Math.max(createdMs, lastTimestampMs()) >= idleMs;
    }

    synchronized List<BatchLocation> locate(long offset, int limit) {
        return from(offset, limit);
    }

    synchronized long offsetAtTime(long timestampMs) {
        return offsetAt(timestampMs);
    }

    synchronized long firstNeeded() {
        return firstLsn();
    }

    /** Number of the batches that {@link #eachLiveBatch} hands over; the applying thread alone. */
    synchronized int liveBatches() {
        return count();
    }

    /** Hands over the batches from the start of the log on, in order; the applying thread alone. */
    synchronized void eachLiveBatch(Consumer<BatchLocation> taker) {
        each(taker);
    }

    /** Producers in the order of their last appends; the applying thread alone. */
    synchronized Producers producers() {
        return extras == null ? new Producers() : extras.producers;
    }

    /** Puts a log into the state of an image, after its batches were added; details' name and id are its own already. */
    synchronized void restore(LogDetails details, @Nullable Producers producers) {
        LogInfo info = details.info();
        restore(info.startOffset(), info.endOffset(), info.lastAppendMs());
        sealed = info.sealed();
        alter(details.settings());
        if (details.writerEpoch() != Command.NO_EPOCH) {
            extras().writerEpoch = details.writerEpoch();
        }
        if (!details.cursors().isEmpty()) {
            extras().cursors.putAll(details.cursors());
        }
        if (producers != null) {
            producers.all().forEach(extras().producers::restore);
        }
    }
}
