package io.walnut.wal;

/** Says which records a {@linkplain Wal#compact compaction} keeps. Called by the thread that compacts. It cannot close the log. */
@FunctionalInterface
public interface CompactionFilter {

    /**
     * Whether the log keeps a record. Asked about each one several times, in the order of the log: it must say the same each time.
     * Also asked about records before {@link Wal#startLsn()}, when their segment is still there. What it throws ends the
     * compaction.
     *
     * @param record lent until this returns
     */
    boolean keeps(RecordView record) throws WalException;
}
