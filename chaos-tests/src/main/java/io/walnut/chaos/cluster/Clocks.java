package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.time.Duration;

/** Nodes whose wall clocks can be set while they run. What measures the time that passes is not touched, nor are waits. */
public interface Clocks {
    /**
     * Sets the node's clock; it stays wrong when the node is started again.
     *
     * @param ahead of the right time, from now on; below zero when it is behind
     * @param gain how many millionths of the time that passes it gains from now on; below zero when it loses
     */
    void set(Node node, Duration ahead, int gain) throws IOException;

    /** Whether the node has looked at its clock since it was set the last time. */
    boolean seen(Node node) throws IOException;
}
