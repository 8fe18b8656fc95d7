package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.AppendOutcome;
import io.walnut.wal.logs.Result.Appended;
import io.walnut.wal.logs.Result.NotAppended;
import io.walnut.wal.logs.Result.Reason;
import io.walnut.wal.logs.Result.Rejection;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One log. Its monitor guards it: one thread applies, many look things up; each sees a batch wholly or not at all. */
final class LogState {
    /**
     * Producers that a log remembers; of more, the one that appended longest ago is forgotten. A forgotten producer that goes on
     * is refused as out of sequence, never appended twice, but for one case: the retry of its very first batch is taken for the
     * first batch of a new producer.
     */
    static final int MAX_PRODUCERS = 10_000;

    /** No record of the log needs a WAL record. */
    static final long NEEDS_NONE = Long.MAX_VALUE;

    final long id;
    final String name;
    final long createdMs;

    private long startOffset;
    private long endOffset;
    private long lastAppendMs;
    private boolean sealed;
    private @Nullable OffsetIndex index; // null while the log holds no records, which is most logs
    private @Nullable SequencedMap<Long, Producer> producers; // in the order of their last appends

    /** Lowest LSN that the log needs. Written only by {@link NeededLsns}, which is ordered by it. */
    long neededLsn = NEEDS_NONE;

    LogState(long id, String name, long createdMs) {
        this.id = id;
        this.name = name;
        this.createdMs = createdMs;
    }

    synchronized LogInfo info() {
        return new LogInfo(id, name, startOffset, endOffset, sealed, createdMs, lastAppendMs);
    }

    synchronized AppendOutcome append(long lsn, int slot, AppendItem item, long timestampMs) {
        Producer producer = null;
        if (item.producerId() != 0) {
            producer = producers == null ? null : producers.get(item.producerId());
            AppendOutcome known = checkSequence(producer, item);
            if (known != null) {
                return known;
            }
        }
        if (sealed) {
            return refusedAsSealed();
        }
        long offset = endOffset;
        if (index == null) {
            index = new OffsetIndex();
        }
        index.add(new BatchLocation(lsn, slot, offset, item.count(), timestampMs));
        endOffset = offset + item.count();
        lastAppendMs = timestampMs;
        if (item.producerId() != 0) {
            remember(producer, item, offset, timestampMs);
        }
        return new Appended(offset, endOffset, timestampMs, false);
    }

    /** The outcome of an append that must not happen (again), or null when it is the producer's next. */
    private @Nullable AppendOutcome checkSequence(@Nullable Producer producer, AppendItem item) {
        int epochs = producer == null ? 1 : Integer.compareUnsigned(item.producerEpoch(), producer.epoch);
        if (producer != null && epochs < 0) {
            return notAppended(
                    Reason.FENCED,
                    "producer %016x of log '%s' is in epoch %s; epoch %s may not append any more"
                            .formatted(
                                    item.producerId(),
                                    name,
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
                        .formatted(item.producerId(), name, item.sequence(), expected),
                expected);
    }

    private void remember(@Nullable Producer known, AppendItem item, long offset, long timestampMs) {
        if (producers == null) {
            producers = new LinkedHashMap<>(2);
        }
        Producer producer = known != null ? known : new Producer(item.producerId(), item.producerEpoch());
        if (Integer.compareUnsigned(item.producerEpoch(), producer.epoch) > 0) {
            producer.startEpoch(item.producerEpoch());
        }
        producer.accept(new Producer.Accepted(item.sequence(), item.count(), offset, timestampMs));
        producers.remove(item.producerId());
        producers.put(item.producerId(), producer);
        if (producers.size() > MAX_PRODUCERS) {
            producers.remove(producers.firstEntry().getKey());
        }
    }

    private NotAppended refusedAsSealed() {
        return notAppended(Reason.LOG_SEALED, "log '" + name + "' is sealed and takes no more appends", 0);
    }

    private NotAppended notAppended(Reason reason, String message, long expected) {
        return new NotAppended(new Rejection(reason, message, startOffset, endOffset, expected));
    }

    synchronized void seal() {
        sealed = true;
    }

    /** Drops what is below {@code offset}; the caller has checked that the log reaches that far. */
    synchronized void trim(long offset) {
        if (offset <= startOffset) {
            return;
        }
        startOffset = offset;
        if (startOffset == endOffset) {
            index = null;
        } else if (index != null) {
            index.trimBefore(offset);
        }
    }

    synchronized List<BatchLocation> locate(long offset, int limit) {
        return index == null ? List.of() : index.from(Math.max(offset, startOffset), limit);
    }

    /** LSN of the first batch that still counts, or {@link #NEEDS_NONE}. */
    synchronized long firstLsn() {
        List<BatchLocation> first = locate(startOffset, 1);
        return first.isEmpty() ? NEEDS_NONE : first.getFirst().lsn();
    }

    /** Batches from the start of the log on, for an image; the applying thread alone. */
    synchronized int liveBatches() {
        return index == null ? 0 : index.count(startOffset);
    }

    /** Hands over the batches that {@link #liveBatches} counted, in order. */
    synchronized void eachLiveBatch(Consumer<BatchLocation> taker) {
        if (index != null) {
            index.each(startOffset, taker);
        }
    }

    /** Producers in the order of their last appends; the applying thread alone. */
    synchronized Collection<Producer> producers() {
        return producers == null ? List.of() : Collections.unmodifiableCollection(producers.values());
    }

    /** A log out of an image; batches and producers in their order. */
    static LogState of(LogInfo info, @Nullable OffsetIndex index, @Nullable SequencedMap<Long, Producer> producers) {
        LogState log = new LogState(info.id(), info.name(), info.createdMs());
        log.startOffset = info.startOffset();
        log.endOffset = info.endOffset();
        log.sealed = info.sealed();
        log.lastAppendMs = info.lastAppendMs();
        log.index = index;
        log.producers = producers;
        return log;
    }
}
