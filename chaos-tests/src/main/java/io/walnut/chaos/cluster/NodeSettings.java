package io.walnut.chaos.cluster;

import io.walnut.node.local.LocalCluster;
import java.util.Map;

/** How nodes under test are set up: so that what is rare elsewhere happens all the time. */
final class NodeSettings {
    private static final String JAVA_OPTIONS = "JDK_JAVA_OPTIONS";
    private static final int PROCESSORS_OF_A_NODE = 2;

    private NodeSettings() {}

    /** For each of so many nodes. */
    static LocalCluster.Settings of(int nodes) {
        return LocalCluster.Settings.ofNodes(nodes)
                .heap("256m")
                .with("wal.segment-size", "16MiB")
                .with("snapshot.every-bytes", "2MiB")
                .with("snapshot.every", "5s");
    }

    /**
     * With which each of so many nodes is started. They live for seconds, so where they share few processors the better compiler takes
     * more from all of them than it ever gives back: on two processors three nodes do less than half without this.
     */
    static Map<String, String> environment(int nodes) {
        if (Runtime.getRuntime().availableProcessors() >= nodes * PROCESSORS_OF_A_NODE) {
            return Map.of();
        }
        String given = System.getenv().getOrDefault(JAVA_OPTIONS, "");
        return Map.of(JAVA_OPTIONS, (given + " -XX:TieredStopAtLevel=1").strip());
    }
}
