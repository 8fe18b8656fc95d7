package io.walnut.chaos.cluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** A kind of cluster that a run can make. */
public interface Backend {
    /** As it is chosen by. */
    String name();

    /** In a sentence. */
    String text();

    /** What this machine lacks for it, and how to get that; empty when it lacks nothing. */
    Optional<String> missing();

    /** What can be done to the nodes of such a cluster: abilities, and the kinds of trouble that its network can have. */
    Set<Class<?>> abilities();

    /**
     * A new cluster; starts nothing.
     *
     * @param directory where all of it goes; absent or empty
     */
    Cluster create(Path directory, int nodes) throws IOException;

    /**
     * As {@link #create(Path, int)}, for kinds that decide something by chance.
     *
     * @param seed of what they decide
     */
    default Cluster create(Path directory, int nodes, long seed) throws IOException {
        return create(directory, nodes);
    }
}
