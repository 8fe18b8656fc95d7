package io.walnut.client;

import io.walnut.protocol.v1.StatusResponse;
import java.time.Instant;
import java.util.List;

/**
 * What one node knows of its cluster.
 *
 * @param leaderId empty when this node knows no leader
 * @param walStartLsn first LSN that the node's WAL still holds
 * @param walDurableLsn every LSN below it is on the node's disk
 * @param snapshotIndex Raft index of the node's newest snapshot
 * @param storageFull the node's disk has no room for more records
 * @param damagedPlaces of the node's WAL, whose bytes turned out to be wrong when they were read, since it was started
 * @param started when the node was started, by its own clock
 */
public record ClusterStatus(
        String clusterId,
        String nodeId,
        String leaderId,
        long term,
        String role,
        long commitIndex,
        long appliedIndex,
        long walStartLsn,
        long walDurableLsn,
        long snapshotIndex,
        boolean storageFull,
        int damagedPlaces,
        String version,
        Instant started,
        List<Member> members) {

    public ClusterStatus {
        members = List.copyOf(members);
    }

    /**
     * A member of the cluster.
     *
     * @param matchIndex newest entry known to be on its disk; 0 where the answering node does not lead
     */
    public record Member(String id, String clientAddress, String peerAddress, String role, long matchIndex) {}

    static ClusterStatus of(StatusResponse status) {
        return new ClusterStatus(
                status.getClusterId(),
                status.getNodeId(),
                status.getLeaderId(),
                status.getTerm(),
                status.getRole(),
                status.getCommitIndex(),
                status.getAppliedIndex(),
                status.getWalStartLsn(),
                status.getWalDurableLsn(),
                status.getSnapshotIndex(),
                status.getStorageFull(),
                status.getDamagedPlaces(),
                status.getVersion(),
                Instant.ofEpochMilli(status.getStartedMs()),
                status.getMembersList().stream()
                        .map(m -> new Member(
                                m.getId(), m.getClientAddress(), m.getPeerAddress(), m.getRole(), m.getMatchIndex()))
                        .toList());
    }
}
