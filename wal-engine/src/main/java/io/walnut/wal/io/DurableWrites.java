package io.walnut.wal.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Durable writes that one thread has in flight, several at once; they may complete in any order. Used by one thread at a time.
 *
 * <p>What was submitted and not yet awaited is on its way to the disk: a crash leaves of each write all, nothing, or a part.
 */
public interface DurableWrites extends AutoCloseable {

    /**
     * Begins to write all remaining bytes of the buffer and to make them durable. The buffer is left as it is; its bytes must
     * not change, and the file must not be closed, until {@link #await} has given the token back.
     *
     * @param source a direct buffer goes to the disk without being copied
     * @param token given back by {@link #await}; not checked to be unique
     * @throws IllegalStateException when {@link #inFlight} is the depth already
     * @throws IOException when the write was not begun; its token will not come back
     */
    void submit(StorageFile file, ByteBuffer source, long position, int token) throws IOException;

    /**
     * Waits for one of the writes in flight. An interrupt is kept for later and does not end the wait.
     *
     * @return token of a write that is durable now
     * @throws DurableWriteException when one failed: what of its bytes is on the disk is unknown
     * @throws IllegalStateException when none is in flight
     */
    int await() throws IOException;

    /** Whether {@link #await} would return at once. */
    boolean ready();

    /** Writes submitted and not yet given back by {@link #await}. */
    int inFlight();

    /** Waits for what is in flight, whose outcome nobody learns any more, and releases what this holds. */
    @Override
    void close() throws IOException;
}
