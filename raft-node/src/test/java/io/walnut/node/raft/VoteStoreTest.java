package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.node.raft.StartRefusedException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.server.storage.RaftStorageMetadataFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VoteStoreTest {
    private static final UUID GROUP = new UUID(1, 2);
    private static final Vote OLD = new Vote(6, "n3");
    private static final Vote NOW = new Vote(7, "n2");
    private static final Vote OTHER = new Vote(7, "n1");

    @TempDir
    Path directory;

    private final FakeMeta meta = new FakeMeta();

    @BeforeEach
    void makeCurrent() throws IOException {
        Files.createDirectory(directory.resolve("current"));
    }

    /** One row of the table: what was found, and the verdict: a vote, or a refusal. */
    record Row(
            String name,
            Vote meta,
            @Nullable VoteTwin twin,
            boolean logIsEmpty,
            @Nullable Vote vote,
            @Nullable Reason refusal) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Row> rows() {
        VoteTwin twin = new VoteTwin(GROUP, "n1", NOW, OLD);
        VoteTwin first = new VoteTwin(GROUP, "n1", NOW, Vote.NONE);
        return Stream.of(
                new Row("both copies agree", NOW, twin, false, NOW, null),
                new Row("crash between the two copies: the new vote counts", OLD, twin, false, NOW, null),
                new Row("crash between the copies of the first vote", Vote.NONE, first, true, NOW, null),
                new Row("raft-meta emptied beside a log", Vote.NONE, twin, false, null, Reason.VOTE_LOST),
                new Row("raft-meta emptied before the first entry", Vote.NONE, twin, true, null, Reason.VOTE_LOST),
                new Row("raft-meta emptied to what was before", Vote.NONE, first, false, null, Reason.VOTE_LOST),
                new Row("another vote in the same term", OTHER, twin, false, null, Reason.VOTE_MISMATCH),
                new Row("a flipped bit in the term", new Vote(3, "n2"), twin, false, null, Reason.VOTE_MISMATCH),
                new Row("raft-meta ahead of the twin", new Vote(8, ""), twin, false, null, Reason.VOTE_MISMATCH),
                new Row(
                        "twin of another group",
                        NOW,
                        new VoteTwin(new UUID(9, 9), "n1", NOW, OLD),
                        false,
                        null,
                        Reason.FOREIGN_DIRECTORY),
                new Row(
                        "twin of another member",
                        NOW,
                        new VoteTwin(GROUP, "n2", NOW, OLD),
                        false,
                        null,
                        Reason.FOREIGN_DIRECTORY),
                new Row("a new member", Vote.NONE, null, true, Vote.NONE, null),
                new Row("twin missing beside a log", Vote.NONE, null, false, null, Reason.VOTE_LOST),
                new Row("twin missing beside a vote", NOW, null, true, null, Reason.VOTE_TWIN_MISSING),
                new Row("twin missing beside a vote and a log", NOW, null, false, null, Reason.VOTE_TWIN_MISSING));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void everyRowOfTheTable(Row row) throws IOException {
        if (row.refusal() == null) {
            assertThat(VoteStore.decide(directory, GROUP, "n1", row.meta(), row.twin(), row.logIsEmpty()))
                    .isEqualTo(row.vote());
        } else {
            assertThatThrownBy(() -> VoteStore.decide(directory, GROUP, "n1", row.meta(), row.twin(), row.logIsEmpty()))
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(row.refusal()));
        }
    }

    @Test
    void aVoteIsFoundAgain() throws IOException {
        open(true).persist(metadata(NOW));
        assertThat(open(false).load()).isEqualTo(metadata(NOW));
    }

    @Test
    void aPowerCutThatTakesRatisFileBackDoesNotTakeTheVoteBack() throws IOException {
        VoteStore store = open(true);
        store.persist(metadata(OLD));
        store.persist(metadata(NOW));
        meta.content = metadata(OLD);
        assertThat(open(false).load()).isEqualTo(metadata(NOW));
        assertThat(meta.content).as("and the file is mended").isEqualTo(metadata(NOW));
    }

    @Test
    void afterAFailedWriteOfRatisFileTheMemberStartsAgain() throws IOException {
        VoteStore store = open(true);
        store.persist(metadata(OLD));
        meta.failure = new IOException("disk full");
        assertThatThrownBy(() -> store.persist(metadata(new Vote(7, "")))).hasMessage("disk full");
        assertThatThrownBy(() -> store.persist(metadata(NOW))).hasMessage("disk full");
        meta.failure = null;
        assertThat(open(false).load()).isEqualTo(metadata(NOW));
    }

    @Test
    void everyFlippedBitOfTheTwinIsRefused() throws IOException {
        open(true).persist(metadata(NOW));
        Path file = directory.resolve(VoteStore.FILE_NAME);
        byte[] good = Files.readAllBytes(file);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << (bit % 8));
            Files.write(file, bad);
            assertThatThrownBy(() -> open(false))
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.VOTE_TWIN_CORRUPT));
        }
    }

    @Test
    void everyCutOfTheTwinIsRefused() throws IOException {
        open(true).persist(metadata(NOW));
        Path file = directory.resolve(VoteStore.FILE_NAME);
        byte[] good = Files.readAllBytes(file);
        for (int length = 0; length < good.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(good, length));
            assertThatThrownBy(() -> open(false)).isInstanceOf(StartRefusedException.class);
        }
    }

    @Test
    void theTwinRemembersWhatRatisFileHeld() throws IOException {
        VoteStore store = open(true);
        store.persist(metadata(OLD));
        store.persist(metadata(NOW));
        byte[] file = Files.readAllBytes(directory.resolve(VoteStore.FILE_NAME));
        assertThat(VoteTwin.decode(ByteBuffer.wrap(file))).hasValue(new VoteTwin(GROUP, "n1", NOW, OLD));
    }

    private VoteStore open(boolean logIsEmpty) throws IOException {
        return VoteStore.open(directory, GROUP, "n1", meta, logIsEmpty);
    }

    private static RaftStorageMetadata metadata(Vote vote) {
        return RaftStorageMetadata.valueOf(vote.term(), RaftPeerId.valueOf(vote.votedFor()));
    }

    private static final class FakeMeta implements RaftStorageMetadataFile {
        private RaftStorageMetadata content = RaftStorageMetadata.getDefault();
        private @Nullable IOException failure;

        @Override
        public RaftStorageMetadata getMetadata() {
            return content;
        }

        @Override
        public void persist(RaftStorageMetadata metadata) throws IOException {
            if (failure != null) {
                throw failure;
            }
            content = metadata;
        }
    }
}
