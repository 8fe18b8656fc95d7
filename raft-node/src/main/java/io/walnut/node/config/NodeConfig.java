package io.walnut.node.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a node, checked as a whole. Sizes are in bytes.
 *
 * @param nodeId which of {@code peers} this node is
 * @param dataDir everything this node keeps
 * @param bindHost address that the three ports listen on
 * @param clusterId the cluster's name, the same on all nodes
 * @param peers all members, this one included
 */
public record NodeConfig(
        String nodeId,
        Path dataDir,
        String bindHost,
        String clusterId,
        List<PeerConfig> peers,
        Ports ports,
        long segmentBytes,
        Limits limits,
        Append append,
        Snapshot snapshot,
        Duration electionTimeout) {

    /** The ports of this node. */
    public record Ports(int client, int peer, int http) {}

    /**
     * What is refused, and what waits.
     *
     * @param recordBytes largest record
     * @param batchBytes largest batch
     * @param entryBytes most batch bytes in one Raft entry
     * @param inFlightBytes most bytes taken and not yet answered
     */
    public record Limits(int recordBytes, int batchBytes, int entryBytes, long inFlightBytes) {}

    /** How appends are gathered into entries, and how long one may take. */
    public record Append(int inFlightEntries, Duration timeout) {}

    /** When a snapshot is taken: at the first of the two. */
    public record Snapshot(long everyBytes, Duration every) {}

    public NodeConfig {
        peers = List.copyOf(peers);
    }

    /**
     * Reads, merges and checks.
     *
     * @param file the YAML file, or null for none
     * @param environment variables by name
     * @param flags values by key, from the command line
     */
    public static NodeConfig load(@Nullable Path file, Map<String, String> environment, Map<String, String> flags)
            throws ConfigException {
        return of(ConfigSources.merge(file, environment, flags));
    }

    static NodeConfig of(Map<String, Found> values) throws ConfigException {
        String nodeId = get(values, Settings.NODE_ID);
        NodeConfig config = new NodeConfig(
                nodeId,
                get(values, Settings.DATA_DIR),
                get(values, Settings.BIND_HOST),
                get(values, Settings.CLUSTER_ID),
                PeerList.parse(values),
                new Ports(
                        get(values, Settings.CLIENT_PORT),
                        get(values, Settings.PEER_PORT),
                        get(values, Settings.HTTP_PORT)),
                get(values, Settings.SEGMENT_SIZE),
                new Limits(
                        Math.toIntExact(get(values, Settings.RECORD_SIZE)),
                        Math.toIntExact(get(values, Settings.BATCH_SIZE)),
                        Math.toIntExact(get(values, Settings.ENTRY_SIZE)),
                        get(values, Settings.IN_FLIGHT_SIZE)),
                new Append(get(values, Settings.IN_FLIGHT_ENTRIES), get(values, Settings.APPEND_TIMEOUT)),
                new Snapshot(get(values, Settings.SNAPSHOT_BYTES), get(values, Settings.SNAPSHOT_EVERY)),
                get(values, Settings.ELECTION_TIMEOUT));
        config.checkTogether();
        return config;
    }

    private static <T> T get(Map<String, Found> values, Setting<T> setting) throws ConfigException {
        Found found = values.get(setting.key());
        if (found == null) {
            if (setting.fallback() == null) {
                throw new ConfigException(
                        setting.key() + " is missing (" + setting.meaning() + "); set it in the file, as "
                                + setting.variable() + ", or with --set " + setting.key() + "=…");
            }
            found = new Found(setting.fallback(), new Origin.Default());
        }
        try {
            return setting.parse().apply(found.text());
        } catch (IllegalArgumentException e) {
            throw ConfigSources.badValue(setting.key(), found, e);
        }
    }

    private void checkTogether() throws ConfigException {
        List<String> ids = peers.stream().map(PeerConfig::id).toList();
        if (!ids.contains(nodeId)) {
            throw new ConfigException("node.id: found '" + nodeId + "', expected one of the ids in cluster.peers " + ids
                    + "; add this node there, or correct its id");
        }
        if (ports.client() == ports.peer() || ports.client() == ports.http() || ports.peer() == ports.http()) {
            throw new ConfigException("client.port, peer.port and http.port must differ; found " + ports.client() + ", "
                    + ports.peer() + " and " + ports.http());
        }
        inOrder("limits.record-size", limits.recordBytes(), "limits.batch-size", limits.batchBytes());
        inOrder("limits.batch-size", limits.batchBytes(), "limits.entry-size", limits.entryBytes());
        inOrder("limits.entry-size", limits.entryBytes(), "limits.in-flight-size", limits.inFlightBytes());
        inOrder("limits.entry-size", 2L * limits.entryBytes(), "wal.segment-size", segmentBytes);
    }

    private static void inOrder(String lowKey, long low, String highKey, long high) throws ConfigException {
        if (low > high) {
            throw new ConfigException(highKey + ": found " + ByteSize.print(high) + ", expected at least "
                    + ByteSize.print(low) + " because of " + lowKey + "; raise " + highKey + " or lower " + lowKey);
        }
    }

    /** This node's own entry among the peers. */
    public PeerConfig self() {
        return peers.stream()
                .filter(peer -> peer.id().equals(nodeId))
                .findFirst()
                .orElseThrow();
    }

    /** Identity of the Raft group: the cluster's id where it is a UUID, else one made from it. */
    public UUID groupId() {
        try {
            return UUID.fromString(clusterId);
        } catch (IllegalArgumentException e) {
            return UUID.nameUUIDFromBytes(("walnut cluster " + clusterId).getBytes(StandardCharsets.UTF_8));
        }
    }
}
