package io.walnut.node.raft;

import java.nio.ByteBuffer;

/**
 * A command was committed and applied: it is durable on a majority.
 *
 * @param index Raft index of its entry, which is its LSN in every member's WAL
 * @param result the encoded result of the named logs, read-only
 */
public record Applied(long index, ByteBuffer result) {}
