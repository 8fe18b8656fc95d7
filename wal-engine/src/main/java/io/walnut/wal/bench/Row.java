package io.walnut.wal.bench;

import java.io.IOException;

/** A line of the table: a workload, and what it is held against. */
interface Row {

    /** {@code A1}; several lines may share one. */
    String id();

    /** What is done, in words; tells the lines of one id apart. */
    String workload();

    /** Measures every log that can do it, and tells the report of each. What is thrown fails the row for all of them. */
    void run(Bench bench, Report report) throws IOException;
}
