package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.util.List;

/** Nodes that have a disk of their own each, with a file system of a real kernel on it. */
public interface Disks {
    /**
     * Cuts the power of these nodes, as of a whole rack: what their disks were not told to keep is gone, and so are their
     * processes, on return. The file systems are there again, their journals replayed; the nodes are not.
     */
    void cutPower(List<Node> nodes) throws IOException;

    /** Leaves no room on the node's disk. */
    void fill(Node node) throws IOException;

    /** Gives back what {@link #fill} took; nothing when it took nothing. */
    void free(Node node) throws IOException;

    /**
     * From now on the node's disk says yes to each sync and does nothing, as will be seen if its power is cut by {@link
     * #cutPowerOfLiar}; any other power cut finds it honest.
     */
    void startLying(Node node) throws IOException;

    /** The disk has done all that it was told; nothing when it did not lie. */
    void stopLying(Node node) throws IOException;

    /**
     * Cuts the power of this node alone, whose disk then is as it was when it began to lie; it lies no more. As {@link
     * #cutPower}, when it did not lie.
     */
    void cutPowerOfLiar(Node node) throws IOException;
}
