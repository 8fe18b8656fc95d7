package io.walnut.node.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Every key there is, with its default and its bounds. {@code cluster.peers} is a list and stands in {@link PeerList}. */
final class Settings {
    static final String VARIABLE_PREFIX = "WALNUT_";
    static final String PEERS_KEY = "cluster.peers";

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?");
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    static final Setting<String> NODE_ID = new Setting<>(
            "node.id",
            null,
            Settings::id,
            "name of this node, one of the ids in cluster.peers; never reused for another disk");
    static final Setting<Path> DATA_DIR = new Setting<>(
            "node.data-dir",
            null,
            Settings::path,
            "directory of this node's log and snapshots, used by this process alone");
    static final Setting<String> BIND_HOST =
            new Setting<>("node.bind-host", "0.0.0.0", Settings::text, "address that the three ports listen on");
    static final Setting<String> CLUSTER_ID = new Setting<>(
            "cluster.id",
            null,
            Settings::id,
            "name or UUID of the cluster, the same on all nodes; keeps clusters apart");
    static final Setting<Integer> CLIENT_PORT =
            new Setting<>("client.port", "7420", Settings::port, "gRPC for clients");
    static final Setting<Integer> PEER_PORT = new Setting<>("peer.port", "7421", Settings::port, "Raft between nodes");
    static final Setting<Integer> HTTP_PORT = new Setting<>("http.port", "7422", Settings::port, "health and metrics");
    static final Setting<Long> SEGMENT_SIZE = new Setting<>(
            "wal.segment-size", "64MiB", bytes(16 * MIB, GIB), "size at which a segment of the log is closed");
    static final Setting<Long> RECORD_SIZE = new Setting<>(
            "limits.record-size", "1MiB", bytes(KIB, 16 * MIB), "largest record, key and headers included");
    static final Setting<Long> BATCH_SIZE =
            new Setting<>("limits.batch-size", "4MiB", bytes(KIB, 16 * MIB), "largest batch that one append carries");
    static final Setting<Long> ENTRY_SIZE = new Setting<>(
            "limits.entry-size", "4MiB", bytes(4 * KIB, 32 * MIB), "most batch bytes gathered into one Raft entry");
    static final Setting<Long> IN_FLIGHT_SIZE = new Setting<>(
            "limits.in-flight-size",
            "64MiB",
            bytes(MIB, 4 * GIB),
            "most bytes of appends taken and not yet answered; streams wait beyond it, then are told OVERLOADED");
    static final Setting<Integer> IN_FLIGHT_ENTRIES = new Setting<>(
            "append.in-flight-entries", "8", integer(1, 256), "Raft entries of appends on their way at once");
    static final Setting<Duration> APPEND_TIMEOUT = new Setting<>(
            "append.timeout",
            "10s",
            duration(Duration.ofMillis(100), Duration.ofMinutes(10)),
            "longest time until an append is answered when the client sets no deadline");
    static final Setting<Long> SNAPSHOT_BYTES = new Setting<>(
            "snapshot.every-bytes",
            "256MiB",
            bytes(64 * KIB, 1024 * GIB),
            "bytes applied after which a snapshot is taken");
    static final Setting<Duration> SNAPSHOT_EVERY = new Setting<>(
            "snapshot.every",
            "10m",
            duration(Duration.ofSeconds(1), Duration.ofDays(7)),
            "time after which a snapshot is taken, when anything was applied");
    static final Setting<Duration> ELECTION_TIMEOUT = new Setting<>(
            "raft.election-timeout",
            "500ms",
            duration(Duration.ofMillis(100), Duration.ofMinutes(1)),
            "shortest silence of the leader after which a node asks for votes; the longest is twice that");

    static final List<Setting<?>> ALL = List.of(
            NODE_ID,
            DATA_DIR,
            BIND_HOST,
            CLUSTER_ID,
            CLIENT_PORT,
            PEER_PORT,
            HTTP_PORT,
            SEGMENT_SIZE,
            RECORD_SIZE,
            BATCH_SIZE,
            ENTRY_SIZE,
            IN_FLIGHT_SIZE,
            IN_FLIGHT_ENTRIES,
            APPEND_TIMEOUT,
            SNAPSHOT_BYTES,
            SNAPSHOT_EVERY,
            ELECTION_TIMEOUT);

    /** Variables that others read: the launchers, the client, the logging, the tests, the Compose file. */
    static final Set<String> VARIABLES_OF_OTHERS = Set.of(
            "WALNUT_HEAP",
            "WALNUT_CLIENT_HEAP",
            "WALNUT_JAVA_OPTS",
            "WALNUT_NODE_JAVA_OPTS",
            "WALNUT_ENDPOINTS",
            "WALNUT_PROGRAM",
            "WALNUT_WAL_BACKEND",
            "WALNUT_LOG_LEVEL",
            "WALNUT_RAFT_LOG_LEVEL",
            "WALNUT_IMAGE",
            "WALNUT_TEST_KUBECONFIG");

    /** Short names of variables beside the regular ones. */
    static final Map<String, String> VARIABLE_ALIASES =
            Map.of("WALNUT_DATA_DIR", DATA_DIR.key(), "WALNUT_BIND_HOST", BIND_HOST.key());

    private Settings() {}

    /** Names of nodes and clusters: they stand in addresses, metrics and file names. */
    static String id(String text) {
        if (!ID.matcher(text).matches()) {
            throw new IllegalArgumentException("expected 1 to 64 letters, digits, '-', '_' or '.', beginning and ending"
                    + " with a letter or digit");
        }
        return text;
    }

    static int port(String text) {
        return integer(1, 65_535).apply(text);
    }

    private static String text(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("expected a host name or an address");
        }
        return text.strip();
    }

    private static Path path(String text) {
        try {
            if (!text.isBlank()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("expected a path: " + e.getReason(), e);
        }
        throw new IllegalArgumentException("expected a path");
    }

    private static Function<String, Integer> integer(int min, int max) {
        return text -> {
            try {
                int value = Integer.parseInt(text.strip());
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("expected a number from " + min + " to " + max, e);
            }
            throw new IllegalArgumentException("expected a number from " + min + " to " + max);
        };
    }

    private static Function<String, Long> bytes(long min, long max) {
        return text -> {
            long value = ByteSize.parse(text);
            if (value < min || value > max) {
                throw new IllegalArgumentException(
                        "expected a size from " + ByteSize.print(min) + " to " + ByteSize.print(max));
            }
            return value;
        };
    }

    private static Function<String, Duration> duration(Duration min, Duration max) {
        return text -> {
            Duration value = TimeSpan.parse(text);
            if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
                throw new IllegalArgumentException(
                        "expected a duration from " + TimeSpan.print(min) + " to " + TimeSpan.print(max));
            }
            return value;
        };
    }
}
