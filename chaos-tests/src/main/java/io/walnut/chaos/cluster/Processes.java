package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;

/** Nodes that can be killed and stopped without their knowledge. */
public interface Processes {
    /** SIGKILL; gone on return. Nothing when it does not run. */
    void kill(Node node) throws IOException;

    /** SIGTERM; gone on return, with all it took in order. Nothing when it does not run. */
    void stop(Node node) throws IOException;

    /** Nothing of it runs until {@link #resume}. Nothing when it does not run. */
    void pause(Node node) throws IOException;

    /** Also of one that is not paused. */
    void resume(Node node) throws IOException;
}
