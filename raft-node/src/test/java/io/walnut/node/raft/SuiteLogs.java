package io.walnut.node.raft;

import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.impl.RaftLogSeam;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachine;
import org.jspecify.annotations.Nullable;

/** Our log for the state machines of Ratis's test suites, whose snapshots hold no segments. */
public final class SuiteLogs {
    private static final long SEGMENT_BYTES = 4L << 20;

    private SuiteLogs() {}

    public static WalRaftLog create(RaftLogSeam.Division division, RaftStorage storage, RaftProperties properties)
            throws IOException {
        Path directory = storage.getStorageDir().getRoot().toPath().resolve("wal");
        int maxBatch =
                RaftServerConfigKeys.Log.Appender.bufferByteLimit(properties).getSizeInt() + (1 << 20);
        Wal wal = Wal.open(
                directory,
                WalOptions.defaults().withSizes(Math.max(SEGMENT_BYTES, 2L * maxBatch), maxBatch, 3L * maxBatch));
        return WalRaftLog.create(
                division, storage, properties, wal, new Plain(division.stateMachine()), new Damage("suite"));
    }

    private record Plain(StateMachine stateMachine) implements SnapshotSource {
        @Override
        public Optional<TermIndex> latest() {
            return Optional.ofNullable(stateMachine.getLatestSnapshot())
                    .map(SnapshotInfo::getTermIndex)
                    .filter(snapshot -> snapshot.getIndex() >= 0);
        }

        @Override
        public Optional<LogEntryProto> configuration() {
            return Optional.empty();
        }

        @Override
        public void afterInstall() {}

        @Override
        public void adoptInto(Wal wal) throws IOException {
            wal.reset(latest().orElseThrow().getIndex() + 1);
        }

        @Override
        public void installed(@Nullable Throwable failure) {}

        @Override
        public long trimFloor() {
            return Long.MAX_VALUE;
        }
    }
}
