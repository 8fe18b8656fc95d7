package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import java.io.IOException;
import java.util.List;
import java.util.Random;

/** Something that goes wrong, and is healed again. A fault may be begun, and healed, many times, on one cluster at a time. */
public interface Fault {
    /** As it is chosen by, and written down: lower case, with dashes. */
    String name();

    FaultClass faultClass();

    /** Whether this kind of cluster can have it. */
    boolean possible(Cluster cluster);

    /**
     * Does it.
     *
     * @return what it hit, as a person reads it: nodes, links, files; empty when it found nothing to hit
     */
    List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException;

    /** Undoes it, whatever it hit, as often as it is called; all nodes that it stopped are started. */
    void heal(Cluster cluster) throws IOException, InterruptedException;

    /** Whether it is over when it has begun: what is healed later is nothing of it but nodes that are down. */
    default boolean overWhenBegun() {
        return false;
    }

    /**
     * Whether it takes from a node what only the other nodes can give back. Then no other node may lose anything for good at the
     * same time, and all other faults are healed before this one.
     */
    default boolean takesForGood() {
        return false;
    }
}
