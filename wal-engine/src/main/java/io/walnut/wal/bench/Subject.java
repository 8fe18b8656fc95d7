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

    /**
     * Whether it has a part in the rows whose appends are durable on return, or in those that do not wait for the disk.
     */
    boolean supports(boolean durable);

    /**
     * Makes a log in an empty directory.
     *
     * @param durable whether its appends are to be durable on return; otherwise nothing is synced but what a roll syncs
     * @param writers threads that will append to it at once
     */
    Log open(Path directory, boolean durable, int writers) throws IOException;

    /** One log. */
    interface Log extends AutoCloseable {

        /**
         * What one thread appends with; several do at once, each with its own.
         *
         * @param record its remaining bytes are the record
         * @param count how often it stands in a batch
         */
        Writer writer(ByteBuffer record, int count) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Appends the same batch again and again; of one thread. */
    interface Writer {

        /** As durable on return as the log is. */
        void append() throws IOException;

        /** Without waiting for the disk. */
        void enqueue() throws IOException;
    }
}
