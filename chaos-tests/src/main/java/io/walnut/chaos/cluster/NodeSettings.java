package io.walnut.chaos.cluster;

import io.walnut.node.local.LocalCluster;

/** How nodes under test are set up: so that what is rare elsewhere happens all the time. */
final class NodeSettings {
    private NodeSettings() {}

    /** For each of so many nodes. */
    static LocalCluster.Settings of(int nodes) {
        return LocalCluster.Settings.ofNodes(nodes)
                .heap("256m")
                .with("wal.segment-size", "16MiB")
                .with("snapshot.every-bytes", "2MiB")
                .with("snapshot.every", "5s");
    }
}
