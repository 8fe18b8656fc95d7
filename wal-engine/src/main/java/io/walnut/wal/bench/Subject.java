package io.walnut.wal.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A kind of log that can be measured. The program finds those on its class path as services of this type, beside our own. */
public interface Subject {

    /** How the results call it, and {@code --subjects} picks it: {@code walnut}. */
    String name();

    /** What is set, and how durable an append of the log is on return: for the reader of the figures. */
    String description();

    /** False for a log that cannot sync an append; it has no part in the rows that do. */
    boolean canBeDurable();

    /**
     * Makes a log in an empty directory.
     *
     * @param durable whether its appends are to be durable on return; otherwise nothing is synced but what a roll syncs
     * @param writers threads that will append to it at once
     */
    Log open(Path directory, boolean durable, int writers) throws IOException;

    /** One log. Appends come from many threads at once. */
    interface Log extends AutoCloseable {

        /** Appends the remaining bytes as one record, {@code count} times in one batch. As durable on return as the log is. */
        void append(ByteBuffer record, int count) throws IOException;

        /** The same without waiting for the disk. */
        void enqueue(ByteBuffer record, int count) throws IOException;

        @Override
        void close() throws IOException;
    }
}
