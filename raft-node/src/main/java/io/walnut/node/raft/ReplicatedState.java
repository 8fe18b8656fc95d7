package io.walnut.node.raft;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * The deterministic state that commands change: the named logs, or a small one in tests. One thread applies, saves and
 * loads.
 */
interface ReplicatedState {

    /**
     * Applies one command. No I/O, no clock, no randomness. {@code command} is borrowed for the call.
     *
     * @return the encoded result
     */
    ByteBuffer apply(long lsn, ByteBuffer command);

    /** Lowest LSN whose record is still to be read by somebody; {@code Long.MAX_VALUE} when there is none. */
    long neededLsn();

    /** Writes the image of the state, the same bytes for the same state. */
    void save(OutputStream out) throws IOException;

    /** Replaces the state by a saved one. */
    void load(ByteBuffer image) throws IOException;
}
