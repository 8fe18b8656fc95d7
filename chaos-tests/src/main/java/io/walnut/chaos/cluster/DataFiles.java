package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.nio.file.Path;

/** Nodes whose files can be reached from here. */
public interface DataFiles {
    /** Data directory of a node. Only that of a node that does not run may be changed, and only by who stopped it. */
    Path directory(Node node);

    /** The same directory as the node's process calls it. */
    default Path directoryInside(Node node) {
        return directory(node);
    }
}
