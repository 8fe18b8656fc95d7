package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.apache.ratis.proto.RaftProtos.FileChunkProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto.SnapshotChunkProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotSendTest {
    private static final int CHUNK = 1000;

    @TempDir
    Path directory;

    private final Map<String, byte[]> written = new TreeMap<>();

    private SnapshotSend send(int... lengths) throws IOException {
        Path snapshot = Files.createDirectories(directory.resolve("2-7"));
        List<FileInfo> files = new ArrayList<>();
        Random random = new Random(7);
        for (int length : lengths) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            Path file = Files.write(snapshot.resolve("file" + files.size()), bytes);
            files.add(new FileInfo(file.toAbsolutePath(), null));
            written.put("sm/2-7/" + file.getFileName(), bytes);
        }
        SnapshotInfo info = new SnapshotInfo() {
            @Override
            public TermIndex getTermIndex() {
                return TermIndex.valueOf(2, 7);
            }

            @Override
            public List<FileInfo> getFiles() {
                return files;
            }
        };
        return new SnapshotSend(
                info,
                directory,
                "request",
                CHUNK,
                chunk -> InstallSnapshotRequestProto.newBuilder()
                        .setSnapshotChunk(chunk)
                        .build());
    }

    private static List<SnapshotChunkProto> chunks(SnapshotSend send) {
        List<SnapshotChunkProto> chunks = new ArrayList<>();
        send.forEach(message -> chunks.add(message.getSnapshotChunk()));
        return chunks;
    }

    @Test
    void theChunksAreTheFiles() throws Exception {
        List<SnapshotChunkProto> chunks = chunks(send(2 * CHUNK + 1, 0, CHUNK, 1));

        Map<String, ByteString> sent = new TreeMap<>();
        for (int i = 0; i < chunks.size(); i++) {
            SnapshotChunkProto chunk = chunks.get(i);
            assertThat(chunk.getRequestIndex()).isEqualTo(i);
            assertThat(chunk.getRequestId()).isEqualTo("request");
            assertThat(chunk.getTotalSize()).isEqualTo(3 * CHUNK + 2);
            assertThat(chunk.getTermIndex().getIndex()).isEqualTo(7);
            assertThat(chunk.getDone()).isEqualTo(i == chunks.size() - 1);
            FileChunkProto part = chunk.getFileChunks(0);
            ByteString before = sent.getOrDefault(part.getFilename(), ByteString.EMPTY);
            assertThat(part.getOffset()).isEqualTo(before.size());
            sent.put(part.getFilename(), before.concat(part.getData()));
            byte[] whole = Objects.requireNonNull(written.get(part.getFilename()));
            assertThat(part.getDone())
                    .isEqualTo(part.getOffset() + part.getData().size() == whole.length);
            if (part.getDone()) {
                assertThat(part.getFileDigest().toByteArray())
                        .isEqualTo(MessageDigest.getInstance("MD5").digest(whole));
            }
        }
        assertThat(sent.keySet()).isEqualTo(written.keySet());
        sent.forEach((name, bytes) -> assertThat(bytes.toByteArray()).isEqualTo(written.get(name)));
    }

    /** The transport holds on to every message for a time: to its bytes it may, for they take no heap. */
    @Test
    void noChunkIsOnTheHeap() throws IOException {
        assertThat(chunks(send(3 * CHUNK)))
                .allSatisfy(chunk -> assertThat(chunk.getFileChunks(0).getData().asReadOnlyByteBuffer())
                        .satisfies(data -> assertThat(data.isDirect()).isTrue()));
    }

    @Test
    void theFilesMayBeDeletedWhenItHasBegun() throws IOException {
        SnapshotSend send = send(CHUNK, CHUNK);
        DurableFiles.deleteTree(directory.resolve("2-7"));
        assertThat(chunks(send).getLast().getFileChunks(0).getData().toByteArray())
                .isEqualTo(written.get("sm/2-7/file1"));
    }
}
