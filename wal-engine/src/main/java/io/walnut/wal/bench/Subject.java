package io.walnut.wal.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A kind of log that can be measured. */
public interface Subject {

    /** How the results call it: {@code walnut, portable}. */
    String name();

    /**
     * Makes a log in an empty directory.
     *
     * @param durable whether its appends are to be durable on return; otherwise nothing is synced but what a roll syncs
     */
    Log open(Path directory, boolean durable) throws IOException;

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
