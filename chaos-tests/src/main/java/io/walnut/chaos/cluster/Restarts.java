package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;

/** Nodes that can be told to end. */
public interface Restarts {
    /** Ends in order, as on SIGTERM; gone on return. Nothing when it does not run. */
    void stop(Node node) throws IOException;
}
