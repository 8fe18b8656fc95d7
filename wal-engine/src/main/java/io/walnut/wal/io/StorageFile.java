package io.walnut.wal.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** One open file. Reads may run beside writes and each other; two writers of the same bytes must agree among themselves. */
public interface StorageFile extends AutoCloseable {

    /**
     * Reads into the buffer's remaining space until it is full or the file ends.
     *
     * @return bytes read, less than what was asked for only at the end of the file; 0 at or beyond it
     */
    int read(ByteBuffer target, long position) throws IOException;

    /**
     * Reads like {@link #read}, and leaves nothing of it in the page cache where the file system can do that: for who reads much,
     * once.
     *
     * @param target direct, at a multiple of 4,096 in memory and as many bytes long; else it is an ordinary read
     * @param position a multiple of 4,096; else it is an ordinary read
     */
    default int readPastCache(ByteBuffer target, long position) throws IOException {
        return read(target, position);
    }

    /**
     * Writes all remaining bytes of the buffer.
     *
     * @throws StorageFullException when there is no room; some of the bytes may be there
     */
    void write(ByteBuffer source, long position) throws IOException;

    /**
     * Writes all remaining bytes of the buffer and makes them durable, them and perhaps others. Several threads may do so at
     * once.
     *
     * @throws StorageFullException when there is no room; some of the bytes may be there
     * @throws StorageInterruptedException when the calling thread was interrupted: the bytes may or may not be durable and a
     *     failure may have gone unseen, so write them again
     */
    default void writeDurably(ByteBuffer source, long position) throws IOException {
        write(source, position);
        sync();
    }

    /**
     * Forces the file's data, and of its metadata what is needed to read the data (the length), to the device. An interrupt is kept
     * for later and does not end it.
     */
    void sync() throws IOException;

    /**
     * Writes are not expected any more, by nobody: what is kept open for them may be closed. One that comes all the same is done as
     * before.
     */
    default void endDurableWrites() {}

    /** Cuts the file to a length, or extends it with zeros. */
    void setLength(long bytes) throws IOException;

    long length() throws IOException;

    /** Maps bytes of the file for reading, for the life of the arena. */
    MemorySegment map(Arena arena, long position, long bytes) throws IOException;

    @Override
    void close() throws IOException;
}
