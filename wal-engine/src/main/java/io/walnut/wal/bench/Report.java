package io.walnut.wal.bench;

/** Hears what a run has found, as it goes; on the thread that runs the rows. */
public interface Report {

    void measured(RowResult result);

    /** A row, or one log in it, could not be measured; the others go on. */
    void failed(String row, String workload, String backend, Exception cause);

    /** Something that the reader of the figures must know: no {@code fio}, no room for a row. */
    void note(String text);
}
