package io.walnut.node.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.FileChunkProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto.SnapshotChunkProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorageDirectory;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * The messages that bring a snapshot to a follower, with the bytes left in the page cache.
 *
 * <p>Ratis's own read each chunk into the heap, and its transport holds on to every message until the time limit of that message
 * has passed, answered or not: a snapshot sent fast enough filled the heap of the leader. Theirs also opened a file when its
 * turn came; all are mapped here at the beginning, so that the next snapshot may delete them.
 *
 * <p>The chunks are as {@code org.apache.ratis.server.storage.SnapshotManager} takes them.
 */
final class SnapshotSend implements Iterable<InstallSnapshotRequestProto> {
    private record Mapped(String name, ByteBuffer bytes) {}

    private final SnapshotInfo snapshot;
    private final String requestId;
    private final int chunkBytes;
    private final Function<SnapshotChunkProto, InstallSnapshotRequestProto> envelope;
    private final List<Mapped> files = new ArrayList<>();
    private long totalBytes;

    /** @param directory of the snapshots; a name in a message is relative to it */
    SnapshotSend(
            SnapshotInfo snapshot,
            Path directory,
            String requestId,
            int chunkBytes,
            Function<SnapshotChunkProto, InstallSnapshotRequestProto> envelope)
            throws IOException {
        this.snapshot = snapshot;
        this.requestId = requestId;
        this.chunkBytes = chunkBytes;
        this.envelope = envelope;
        for (FileInfo file : snapshot.getFiles()) {
            Path name = Path.of(RaftStorageDirectory.STATE_MACHINE_DIR_NAME)
                    .resolve(directory.toAbsolutePath().relativize(file.getPath()));
            try (FileChannel channel = FileChannel.open(file.getPath(), StandardOpenOption.READ)) {
                files.add(new Mapped(name.toString(), channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())));
                totalBytes += channel.size();
            }
        }
    }

    /** What Ratis puts around a chunk that {@code leader} sends to {@code follower}. */
    static Function<SnapshotChunkProto, InstallSnapshotRequestProto> envelope(
            RaftServer.Division leader, RaftPeerId follower) {
        return chunk -> {
            RaftConfiguration configuration = leader.getRaftConf();
            return InstallSnapshotRequestProto.newBuilder()
                    .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(leader.getMemberId(), follower))
                    .setLeaderTerm(leader.getInfo().getCurrentTerm())
                    .setLastRaftConfigurationLogEntryProto(
                            LogProtoUtils.toLogEntryProto(configuration, null, configuration.getLogEntryIndex()))
                    .setSnapshotChunk(chunk)
                    .build();
        };
    }

    @Override
    public Iterator<InstallSnapshotRequestProto> iterator() {
        return new Chunks();
    }

    private final class Chunks implements Iterator<InstallSnapshotRequestProto> {
        private final MessageDigest md5 = md5();
        private int request;
        private int file;
        private int chunkOfFile;
        private int position;

        @Override
        public boolean hasNext() {
            return file < files.size();
        }

        @Override
        public InstallSnapshotRequestProto next() {
            if (!hasNext()) {
                throw new NoSuchElementException("all " + request + " chunks were taken");
            }
            Mapped from = files.get(file);
            int length = Math.min(chunkBytes, from.bytes.limit() - position);
            ByteBuffer data = from.bytes.slice(position, length);
            md5.update(data.duplicate());
            boolean lastOfFile = position + length == from.bytes.limit();
            FileChunkProto chunk = FileChunkProto.newBuilder()
                    .setFilename(from.name)
                    .setOffset(position)
                    .setChunkIndex(chunkOfFile)
                    .setDone(lastOfFile)
                    .setData(UnsafeByteOperations.unsafeWrap(data))
                    .setFileDigest(lastOfFile ? ByteString.copyFrom(md5.digest()) : ByteString.EMPTY)
                    .build();
            if (lastOfFile) {
                file++;
                chunkOfFile = 0;
                position = 0;
            } else {
                chunkOfFile++;
                position += length;
            }
            return envelope.apply(SnapshotChunkProto.newBuilder()
                    .setRequestId(requestId)
                    .setRequestIndex(request++)
                    .setTermIndex(snapshot.getTermIndex().toProto())
                    .addFileChunks(chunk)
                    .setTotalSize(totalBytes)
                    .setDone(!hasNext())
                    .build());
        }

        private static MessageDigest md5() {
            try {
                return MessageDigest.getInstance("MD5");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has MD5", e);
            }
        }
    }
}
