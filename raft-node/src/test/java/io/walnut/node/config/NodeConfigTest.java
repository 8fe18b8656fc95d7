package io.walnut.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NodeConfigTest {
    private static final String COMPLETE = """
            node:
              id: n1
              data-dir: /var/lib/walnut
            cluster:
              id: test
              peers:
                - id: n1
                  peer-address: host1:7421
                  client-address: host1:7420
                - id: n2
                  peer-address: "[::1]:7421"
                  client-address: "[::1]:7420"
            wal:
              segment-size: 128MiB
            """;

    @TempDir
    Path directory = Path.of(".");

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("walnut.yaml"), text);
    }

    private NodeConfig load(String text) throws Exception {
        return NodeConfig.load(file(text), Map.of(), Map.of());
    }

    @Test
    void fileGivesTheValuesAndDefaultsFillTheRest() throws Exception {
        NodeConfig config = load(COMPLETE);

        assertThat(config.nodeId()).isEqualTo("n1");
        assertThat(config.dataDir()).isEqualTo(Path.of("/var/lib/walnut"));
        assertThat(config.ports()).isEqualTo(new NodeConfig.Ports(7420, 7421, 7422));
        assertThat(config.segmentBytes()).isEqualTo(128L << 20);
        assertThat(config.limits().recordBytes()).isEqualTo(1 << 20);
        assertThat(config.append().timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.peers()).extracting(PeerConfig::id).containsExactly("n1", "n2");
        assertThat(config.self().peer()).hasToString("host1:7421");
    }

    @Test
    void flagBeatsEnvironmentBeatsFileBeatsDefault() throws Exception {
        Path file = file(COMPLETE);

        assertThat(NodeConfig.load(file, Map.of("WALNUT_WAL_SEGMENT_SIZE", "32MiB"), Map.of())
                        .segmentBytes())
                .isEqualTo(32L << 20);
        assertThat(NodeConfig.load(
                                file, Map.of("WALNUT_WAL_SEGMENT_SIZE", "32MiB"), Map.of("wal.segment-size", "256MiB"))
                        .segmentBytes())
                .isEqualTo(256L << 20);
    }

    @Test
    void environmentAloneIsEnough() throws Exception {
        NodeConfig config = NodeConfig.load(
                null,
                Map.of(
                        "WALNUT_NODE_ID", "a",
                        "WALNUT_DATA_DIR", "/data",
                        "WALNUT_CLUSTER_ID", "c",
                        "WALNUT_PEERS", "a=hostA:7421:7420, b=hostB:8421:8420"),
                Map.of());

        assertThat(config.peers())
                .containsExactly(
                        new PeerConfig(
                                "a", new PeerConfig.HostPort("hostA", 7421), new PeerConfig.HostPort("hostA", 7420)),
                        new PeerConfig(
                                "b", new PeerConfig.HostPort("hostB", 8421), new PeerConfig.HostPort("hostB", 8420)));
    }

    @Test
    void peersOfTheEnvironmentReplaceThoseOfTheFile() throws Exception {
        NodeConfig config = NodeConfig.load(file(COMPLETE), Map.of("WALNUT_PEERS", "n1=x:1:2"), Map.of());

        assertThat(config.peers()).extracting(PeerConfig::id).containsExactly("n1");
    }

    @Test
    void printedConfigurationGivesTheSameOneWhenRead() throws Exception {
        Path file = file(COMPLETE);
        String printed =
                ConfigPrinter.print(file, Map.of("WALNUT_CLIENT_PORT", "9000"), Map.of("raft.election-timeout", "2s"));

        assertThat(printed)
                .contains("environment variable WALNUT_CLIENT_PORT")
                .contains("flag --set raft.election-timeout")
                .contains("line 14");
        assertThat(load(printed))
                .isEqualTo(NodeConfig.load(
                        file, Map.of("WALNUT_CLIENT_PORT", "9000"), Map.of("raft.election-timeout", "2s")));
    }

    @Test
    void groupIdIsTheUuidItselfOrMadeFromTheName() throws Exception {
        String uuid = "123e4567-e89b-12d3-a456-426614174000";

        assertThat(load(COMPLETE.replace("id: test", "id: " + uuid)).groupId()).hasToString(uuid);
        assertThat(load(COMPLETE).groupId()).isEqualTo(load(COMPLETE).groupId());
    }

    static List<Arguments> mistakes() {
        return List.of(
                Arguments.of(
                        "unknown key, nearest named",
                        COMPLETE.replace("segment-size", "segment-siez"),
                        List.of("line 14", "unknown key 'wal.segment-siez'", "did you mean 'wal.segment-size'?")),
                Arguments.of(
                        "unknown field of a peer",
                        COMPLETE.replace("    client-address: host1", "    client-adress: host1"),
                        List.of("cluster.peers[0].client-adress", "did you mean 'client-address'?")),
                Arguments.of(
                        "unit missing on a duration",
                        COMPLETE + "append:\n  timeout: 5\n",
                        List.of("append.timeout: found '5'", "needs a unit")),
                Arguments.of(
                        "unknown unit",
                        COMPLETE.replace("128MiB", "128Mib x"),
                        List.of("wal.segment-size", "expected a size")),
                Arguments.of(
                        "out of range",
                        COMPLETE.replace("128MiB", "1KiB"),
                        List.of("found '1KiB'", "expected a size from 16MiB to 1GiB")),
                Arguments.of(
                        "port out of range",
                        COMPLETE + "client:\n  port: 99999\n",
                        List.of("client.port: found '99999'", "1 to 65535")),
                Arguments.of("ports that collide", COMPLETE + "client:\n  port: 7421\n", List.of("must differ")),
                Arguments.of("malformed YAML", "node:\n  id: [n1\n", List.of("line 3 column 1", "malformed YAML")),
                Arguments.of("tab", "node:\n\tid: n1\n", List.of("line 2", "malformed YAML")),
                Arguments.of("key twice", COMPLETE + "wal:\n  segment-size: 64MiB\n", List.of("Duplicate field 'wal'")),
                Arguments.of("a list at the top", "- a\n", List.of("line 1", "expected a mapping", "found a list")),
                Arguments.of("a word at the top", "a\n", List.of("expected a mapping", "found 'a'")),
                Arguments.of(
                        "a list for one value",
                        COMPLETE.replace("128MiB", "[1, 2]"),
                        List.of("line 14", "wal.segment-size: found a list, expected one value")),
                Arguments.of(
                        "an empty list for one value",
                        COMPLETE.replace("128MiB", "[]"),
                        List.of("line 14", "wal.segment-size has no value")),
                Arguments.of(
                        "a mapping for one value",
                        COMPLETE.replace("128MiB", "{a: 1}"),
                        List.of("wal.segment-size: found a mapping, expected one value")),
                Arguments.of(
                        "one value for a mapping",
                        COMPLETE.replace("wal:\n  segment-size: 128MiB", "wal: hello"),
                        List.of("line 13", "wal: found 'hello', expected a mapping", "segment-size")),
                Arguments.of(
                        "members that are words",
                        COMPLETE.substring(0, COMPLETE.indexOf("    - id")) + "    - n1\n",
                        List.of("cluster.peers: found a list with 'n1'", "id, peer-address, client-address")),
                Arguments.of(
                        "a second document",
                        COMPLETE + "---\nclient:\n  port: 9\n",
                        List.of("line 16", "a second document begins here, expected one")),
                Arguments.of(
                        "key without a value",
                        COMPLETE.replace("128MiB", ""),
                        List.of("wal.segment-size has no value")),
                Arguments.of(
                        "no node id",
                        COMPLETE.replace("  id: n1\n  data", "  data"),
                        List.of("node.id is missing", "WALNUT_NODE_ID")),
                Arguments.of(
                        "node id that is no member",
                        COMPLETE.replaceFirst("id: n1", "id: n9"),
                        List.of("node.id: found 'n9'", "[n1, n2]")),
                Arguments.of(
                        "two members of one id",
                        COMPLETE.replace("id: n2", "id: n1"),
                        List.of("two members have the id 'n1'")),
                Arguments.of(
                        "address without a port",
                        COMPLETE.replace("host1:7421", "host1"),
                        List.of("cluster.peers[0].peer-address: found 'host1'", "expected host:port")),
                Arguments.of(
                        "host with an underscore",
                        COMPLETE.replace("host1:7421", "walnut_1:7421"),
                        List.of(
                                "cluster.peers[0].peer-address: found 'walnut_1:7421'",
                                "'walnut_1' is not a host name")),
                Arguments.of(
                        "record larger than a batch",
                        COMPLETE + "limits:\n  record-size: 8MiB\n",
                        List.of("limits.batch-size: found 4MiB", "at least 8MiB because of limits.record-size")),
                Arguments.of(
                        "id with a slash",
                        COMPLETE.replaceFirst("id: n1", "id: n/1"),
                        List.of("node.id: found 'n/1'")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void mistakeIsNamed(String name, String text, List<String> parts) throws Exception {
        Path file = file(text);

        assertThatThrownBy(() -> NodeConfig.load(file, Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .message()
                .contains(parts);
    }

    @Test
    void absentFileIsNamed() {
        assertThatThrownBy(() -> NodeConfig.load(directory.resolve("absent.yaml"), Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("absent.yaml does not exist");
    }

    @Test
    void directoryAndBytesThatAreNoTextAreNamed() throws Exception {
        assertThatThrownBy(() -> NodeConfig.load(directory, Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(directory + " cannot be read: Is a directory");
        Path binary = Files.write(directory.resolve("binary"), new byte[] {'a', (byte) 0xff, (byte) 0xfe});
        assertThatThrownBy(() -> NodeConfig.load(binary, Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("binary is not text in UTF-8");
    }

    @Test
    void misspelledVariableIsAnErrorAndThoseOfOthersAreNot() throws Exception {
        Path file = file(COMPLETE);
        assertThatThrownBy(() -> NodeConfig.load(file, Map.of("WALNUT_WAL_SEGMENT_SISE", "3"), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "unknown environment variable WALNUT_WAL_SEGMENT_SISE; did you mean WALNUT_WAL_SEGMENT_SIZE?");

        Map<String, String> ofOthers = new HashMap<>(Map.of(
                "WALNUT_HEAP", "1g",
                "WALNUT_ENDPOINTS", "host:1",
                "WALNUT_VERSION", "7",
                "WALNUT_SERVICE_HOST", "10.0.0.1",
                "WALNUT_SERVICE_PORT", "7420",
                "WALNUT_SERVICE_PORT_CLIENT", "7420",
                "WALNUT_PORT", "tcp://10.0.0.1:7420",
                "WALNUT_PORT_7420_TCP", "tcp://10.0.0.1:7420",
                "WALNUT_PORT_7420_TCP_ADDR", "10.0.0.1"));
        ofOthers.put("WALNUT_PEER_SERVICE_HOST", "10.0.0.1");
        assertThat(NodeConfig.load(file, ofOthers, Map.of())).isEqualTo(load(COMPLETE));
    }

    @Test
    void variablesOfKubernetesServicesAreExplained() {
        assertThatThrownBy(() ->
                        NodeConfig.load(file(COMPLETE), Map.of("WALNUT_CLIENT_PORT", "tcp://10.0.0.1:7420"), Map.of()))
                .hasMessageContaining("environment variable WALNUT_CLIENT_PORT")
                .hasMessageContaining("enableServiceLinks: false");
    }

    @Test
    void unknownKeyOfAFlagIsNamed() {
        assertThatThrownBy(() -> NodeConfig.load(file(COMPLETE), Map.of(), Map.of("node.dat-dir", "/x")))
                .hasMessageContaining("flag --set node.dat-dir")
                .hasMessageContaining("did you mean 'node.data-dir'?");
    }
}
