package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.config.NodeConfig;
import io.walnut.node.local.FreePorts;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the configuration lets in is taken by what it is given to. */
class ConfigBoundsTest {
    /** Smallest legal value and largest, of every key that has bounds. */
    private static final Map<String, List<String>> BOUNDS = Map.of(
            "wal.segment-size", List.of("16MiB", "1GiB"),
            "limits.record-size", List.of("1KiB", "16MiB"),
            "limits.batch-size", List.of("1KiB", "16MiB"),
            "limits.entry-size", List.of("4KiB", "32MiB"),
            "limits.in-flight-size", List.of("1MiB", "4GiB"),
            "append.in-flight-entries", List.of("1", "256"),
            "append.timeout", List.of("100ms", "10m"),
            "snapshot.every-bytes", List.of("64KiB", "1TiB"),
            "snapshot.every", List.of("1s", "7d"),
            "raft.election-timeout", List.of("100ms", "1m"));

    @TempDir
    Path directory = Path.of(".");

    private NodeConfig config(Map<String, String> keys) throws Exception {
        List<Integer> ports = FreePorts.onLoopback(3);
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "node.id", "a",
                "node.data-dir", directory.resolve("data").toString(),
                "node.bind-host", "127.0.0.1",
                "cluster.id", "test",
                "cluster.peers", "a=127.0.0.1:%d:%d".formatted(ports.get(0), ports.get(1)),
                "peer.port", ports.get(0).toString(),
                "client.port", ports.get(1).toString(),
                "http.port", ports.get(2).toString()));
        all.putAll(keys);
        return NodeConfig.load(null, Map.of(), all);
    }

    private static Map<String, String> all(int which) {
        Map<String, String> values = new LinkedHashMap<>();
        BOUNDS.forEach((key, bounds) -> values.put(key, bounds.get(which)));
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"16MiB", "20MB", "100MB", "17000000", "1GiB"})
    void segmentSizeIsTakenByTheLog(String size) throws Exception {
        NodeConfig config = config(Map.of("wal.segment-size", size));

        assertThat(Node.options(config, directory).wal().segmentBytes()).isEqualTo(config.segmentBytes() / 4096 * 4096);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void extremesTogetherMakeOptions(int which) throws Exception {
        NodeConfig config = config(all(which));

        assertThat(Node.options(config, directory).wal().segmentBytes()).isEqualTo(config.segmentBytes());
    }

    @Test
    void nodeStartsOnTheSmallestOfAll() throws Exception {
        startAndClose(all(0));
    }

    /** But for the segments: they are filled with zeros when they are made, two of them. */
    @Test
    void nodeStartsOnTheLargestOfAll() throws Exception {
        Map<String, String> values = all(1);
        values.put("wal.segment-size", "64MiB");
        startAndClose(values);
    }

    private void startAndClose(Map<String, String> values) throws Exception {
        try (Node node = Node.start(config(values), failure -> {
            throw new AssertionError("the node has failed", failure);
        })) {
            assertThat(node.health().live()).isTrue();
        }
    }
}
