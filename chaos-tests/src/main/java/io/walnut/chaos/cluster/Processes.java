package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.util.OptionalLong;

/** Nodes that can be killed and made to stand still without their knowledge. */
public interface Processes extends Restarts {
    /** As the machine of this process knows it; empty when the node does not run. */
    OptionalLong pid(Node node) throws IOException;

    /** SIGKILL; gone on return. Nothing when it does not run. */
    void kill(Node node) throws IOException;

    /** Nothing of it runs until {@link #resume}. Nothing when it does not run. */
    void pause(Node node) throws IOException;

    /** Also of one that is not paused. */
    void resume(Node node) throws IOException;
}
