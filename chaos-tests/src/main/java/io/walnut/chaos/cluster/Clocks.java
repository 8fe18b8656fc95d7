package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.time.Duration;

/** Nodes whose wall clocks can be set. What measures time that passes is not touched: no system lets anybody set that. */
public interface Clocks {
    /** The node's wall clock is so much ahead from now on, or behind. */
    void shift(Node node, Duration by) throws IOException;

    /** The node's wall clock runs at this rate from now on; 1 is right. */
    void rate(Node node, double rate) throws IOException;

    /** It is right again. */
    void restore(Node node) throws IOException;
}
