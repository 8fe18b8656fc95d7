package io.walnut.wal.bench;

import java.io.IOException;

/** A line of the table: a workload, and what it is held against. */
public interface Row {

    /** {@code A1}; several lines may share one. */
    String id();

    String workload();

    RowResult run(Bench bench) throws IOException;
}
