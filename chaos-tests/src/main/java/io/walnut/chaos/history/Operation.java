package io.walnut.chaos.history;

import java.util.List;

/** Something that a client asked of a log, or of a node, with what it was told. */
public sealed interface Operation {
    Call call();

    /** An offset that nobody was told. */
    long UNKNOWN = -1;

    /**
     * An append of one batch.
     *
     * @param firstId id of its first record; the others have the ids after it
     * @param count number of its records
     * @param firstOffset offset of the first, {@link #UNKNOWN} unless it is ok
     * @param ordered its client has many batches in flight, and was promised their order: each is in the log only when the one
     *     before it is, and before it
     */
    record Append(Call call, long firstId, int count, long firstOffset, boolean ordered) implements Operation {
        public Append(Call call, long firstId, int count, long firstOffset) {
            this(call, firstId, count, firstOffset, false);
        }

        public Append {
            if (count < 1 || Ids.sequence(firstId) + count > Ids.SEQUENCES) {
                throw new IllegalArgumentException("a batch of " + count + " records from id " + firstId);
            }
        }
    }

    /**
     * A read of records, or a piece of one.
     *
     * @param node the node that was asked, empty when the client chose
     * @param from offset asked for
     * @param records what came, in order
     * @param start first offset of the log as it was told, {@link #UNKNOWN} when it was not
     * @param end offset after the last record as it was told, {@link #UNKNOWN} when it was not
     */
    record Read(Call call, Mode mode, String node, long from, List<Run> records, long start, long end)
            implements Operation {
        public Read {
            records = List.copyOf(records);
        }

        /** Offset after the last record that came. */
        public long to() {
            return records.isEmpty() ? from : records.getLast().endOffset();
        }
    }

    /**
     * A look at the bounds of a log, ok when they are told.
     *
     * @param node the node that was asked, empty when the client chose
     */
    record Describe(Call call, Mode mode, String node, long start, long end) implements Operation {}

    /**
     * A trim.
     *
     * @param before first offset to keep
     * @param start first offset of the log afterwards as it was told, {@link #UNKNOWN} when it was not
     */
    record Trim(Call call, long before, long start) implements Operation {}

    /**
     * What a node says of itself; of no log, and its call names none.
     *
     * @param node who was asked
     * @param started when it was started, by its own clock; tells one life of it from another
     * @param leads whether it leads
     */
    record Status(Call call, String node, long started, long term, boolean leads, long commitIndex)
            implements Operation {}

    /** What an observation promises. */
    enum Mode {
        /** The log as it was at some moment of the call. */
        LINEARIZABLE,
        /** Committed, but perhaps old: what one node had applied. */
        COMMITTED,
        /** A piece of what follows the end: no newer than its arrival. */
        TAIL,
        /** After the run, all faults healed: the log as one node has it, from its start to its end, in one piece or several. */
        FINAL
    }

    /** Records next to each other whose ids follow each other; {@link Ids#ALTERED} for what is nobody's record. */
    record Run(long offset, long firstId, int count) {
        public Run {
            if (count < 1 || (firstId == Ids.ALTERED && count > 1)) {
                throw new IllegalArgumentException("a run of " + count + " records from id " + firstId);
            }
        }

        public long endOffset() {
            return offset + count;
        }
    }
}
