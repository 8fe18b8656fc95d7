package io.walnut.node.raft;

import io.walnut.wal.Wal;
import java.io.IOException;
import java.util.Optional;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;

/** What the log needs of the state machine's snapshots. */
interface SnapshotSource {

    /** Term and index of the latest valid snapshot. */
    Optional<TermIndex> latest();

    /** The configuration entry in force at the latest snapshot. */
    Optional<LogEntryProto> configuration() throws IOException;

    /** To be called when Ratis has published a snapshot that it received: makes it durable and the latest. */
    void afterInstall() throws IOException;

    /**
     * Replaces the whole log by what the latest snapshot brought. The snapshot is durable before anything old goes; the
     * log ends at the snapshot's index (inclusive), durably, on return.
     */
    void adoptInto(Wal wal) throws IOException;

    /**
     * The log goes on where the installed snapshot ends, or cannot ({@code failure}): the state machine, which waits for it,
     * may read what the snapshot speaks of.
     */
    void installed(@Nullable Throwable failure);

    /** The lowest LSN that a kept snapshot or a live named log needs; what is below may be trimmed. */
    long trimFloor();
}
