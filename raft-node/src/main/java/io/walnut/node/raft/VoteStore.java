package io.walnut.node.raft;

import io.walnut.node.raft.StartRefusedException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.server.storage.RaftStorageMetadataFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Term and vote of a member, kept so that neither a power cut nor a flipped bit takes them back.
 *
 * <p>Ratis's own file ({@code current/raft-meta}) has no checksum, and its directory is never synced: after a power cut
 * the vote before the last one may be there. So there are two copies, and a vote is given only when both are durable:
 * first ours ({@link VoteTwin}), which remembers what Ratis's file held, then Ratis's, then its directory. At start:
 *
 * <pre>
 *   twin      raft-meta          log        verdict
 *   --------  -----------------  ---------  -------------------------------------------
 *   valid     as twin            any        that vote
 *   valid     as twin.previous   any        the twin's vote: crash between the two writes
 *   valid     default, else      not empty  refused: VOTE_LOST (Ratis formatted an emptied directory)
 *   valid     anything else      any        refused: VOTE_MISMATCH
 *   corrupt   any                any        refused: VOTE_TWIN_CORRUPT
 *   foreign   any                any        refused: FOREIGN_DIRECTORY
 *   missing   default            empty      a new member
 *   missing   default            not empty  refused: VOTE_LOST
 *   missing   other              any        refused: VOTE_TWIN_MISSING
 * </pre>
 *
 * <p>Not thread-safe: Ratis calls under its server lock.
 */
final class VoteStore {
    static final String FILE_NAME = "votes";
    private static final Logger LOG = LoggerFactory.getLogger(VoteStore.class);

    private final Path file;
    private final Path metaDirectory;
    private final UUID groupId;
    private final String peerId;
    private final RaftStorageMetadataFile meta;

    /** Invariant: what {@code raft-meta} durably holds. */
    private Vote inMeta;

    private VoteStore(Path groupDirectory, UUID groupId, String peerId, RaftStorageMetadataFile meta, Vote inMeta) {
        this.file = groupDirectory.resolve(FILE_NAME);
        this.metaDirectory = groupDirectory.resolve("current");
        this.groupId = groupId;
        this.peerId = peerId;
        this.meta = meta;
        this.inMeta = inMeta;
    }

    /**
     * Reads and compares both copies. Both are durable and equal on return.
     *
     * @param logIsEmpty whether the member's log has never had an entry
     * @throws StartRefusedException by the table above; nothing was written then
     */
    static VoteStore open(
            Path groupDirectory, UUID groupId, String peerId, RaftStorageMetadataFile meta, boolean logIsEmpty)
            throws IOException {
        Vote found = vote(meta.getMetadata());
        VoteTwin twin = readTwin(groupDirectory.resolve(FILE_NAME));
        Vote verdict = decide(groupDirectory, groupId, peerId, found, twin, logIsEmpty);
        VoteStore store = new VoteStore(groupDirectory, groupId, peerId, meta, found);
        if (twin == null || !verdict.equals(found)) {
            LOG.info("votes: group={} peer={} {} (raft-meta had {})", groupId, peerId, verdict, found);
            store.persist(verdict);
        }
        DurableFiles.syncDirectory(store.metaDirectory);
        return store;
    }

    /** The vote to go on with. Package-private for the test of the table. */
    static Vote decide(Path where, UUID groupId, String peerId, Vote meta, @Nullable VoteTwin twin, boolean logIsEmpty)
            throws StartRefusedException {
        if (twin == null) {
            if (!meta.equals(Vote.NONE)) {
                throw new StartRefusedException(
                        Reason.VOTE_TWIN_MISSING, where, "raft-meta has " + meta + ", but the file votes is missing");
            }
            if (!logIsEmpty) {
                throw new StartRefusedException(
                        Reason.VOTE_LOST,
                        where,
                        "the log has entries, but raft-meta and votes are those of a new member");
            }
            return Vote.NONE;
        }
        if (!twin.groupId().equals(groupId) || !twin.peerId().equals(peerId)) {
            throw new StartRefusedException(
                    Reason.FOREIGN_DIRECTORY,
                    where,
                    "belongs to member " + twin.peerId() + " of group " + twin.groupId() + ", not to member " + peerId
                            + " of group " + groupId);
        }
        if (meta.equals(twin.current()) || meta.equals(twin.previous())) {
            if (meta.equals(Vote.NONE) && !logIsEmpty) {
                throw new StartRefusedException(
                        Reason.VOTE_LOST, where, "the log has entries, but raft-meta is that of a new member");
            }
            return twin.current();
        }
        if (meta.equals(Vote.NONE)) {
            throw new StartRefusedException(
                    Reason.VOTE_LOST, where, "votes has " + twin.current() + ", but raft-meta is that of a new member");
        }
        throw new StartRefusedException(
                Reason.VOTE_MISMATCH, where, "raft-meta has " + meta + ", but votes has " + twin.current());
    }

    RaftStorageMetadata load() {
        return RaftStorageMetadata.valueOf(inMeta.term(), RaftPeerId.valueOf(inMeta.votedFor()));
    }

    /** Durable in both copies on return. After an exception either the old vote or the new one is found at the start. */
    void persist(RaftStorageMetadata metadata) throws IOException {
        Vote vote = vote(metadata);
        if (!vote.equals(inMeta)) {
            persist(vote);
        }
    }

    private void persist(Vote vote) throws IOException {
        DurableFiles.replace(file, new VoteTwin(groupId, peerId, vote, inMeta).encode());
        meta.persist(RaftStorageMetadata.valueOf(vote.term(), RaftPeerId.valueOf(vote.votedFor())));
        DurableFiles.syncDirectory(metaDirectory);
        inMeta = vote;
    }

    private static Vote vote(RaftStorageMetadata metadata) {
        return new Vote(metadata.getTerm(), metadata.getVotedFor().toString());
    }

    private static @Nullable VoteTwin readTwin(Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        Optional<VoteTwin> twin = VoteTwin.decode(ByteBuffer.wrap(Files.readAllBytes(file)));
        return twin.orElseThrow(() ->
                new StartRefusedException(Reason.VOTE_TWIN_CORRUPT, file, "the checksum does not match the content"));
    }
}
