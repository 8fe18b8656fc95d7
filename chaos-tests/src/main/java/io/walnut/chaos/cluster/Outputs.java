package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.nio.file.Path;

/** Nodes whose output is kept in a file. */
public interface Outputs {
    /** What the node printed, over all its lives; perhaps not there yet. */
    Path output(Node node) throws IOException;
}
