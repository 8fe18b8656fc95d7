package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;

/** Nodes that can be killed and made to stand still without their knowledge. */
public interface Processes extends Restarts {
    /** SIGKILL; gone on return. Nothing when it does not run. */
    void kill(Node node) throws IOException;

    /** Nothing of it runs until {@link #resume}. Nothing when it does not run. */
    void pause(Node node) throws IOException;

    /** Also of one that is not paused. */
    void resume(Node node) throws IOException;
}
