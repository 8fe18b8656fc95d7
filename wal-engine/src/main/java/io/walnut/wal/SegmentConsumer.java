package io.walnut.wal;

/** Takes the records of one segment in a {@link Wal#replay}, in order, all in one thread. */
public interface SegmentConsumer {

    /** Takes a record, which is lent for the call. What this throws ends the replay. */
    void accept(RecordView record) throws WalException;

    /** All records of the segment that were asked for have been taken. */
    default void end() throws WalException {}
}
