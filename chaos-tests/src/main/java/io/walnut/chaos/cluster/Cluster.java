package io.walnut.chaos.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A cluster under test. What can be done to its nodes beside starting them is an ability of its kind: {@link Processes},
 * {@link Network}, {@link Disks}, {@link DataFiles}. Thread-safe, and so are its abilities.
 */
public interface Cluster extends AutoCloseable {
    /**
     * A member.
     *
     * @param endpoint where clients find it, {@code host:port}
     */
    record Node(String id, String endpoint) {}

    /** Name of the kind, as it is chosen by. */
    String kind();

    /** All members, running or not, always in the same order. */
    List<Node> nodes();

    /** What does something to the nodes, where this kind of cluster can have it done to them. */
    <A> Optional<A> ability(Class<A> ability);

    /** Starts a node that does not run; returns before it is ready. Nothing when it runs. */
    void start(Node node) throws IOException;

    /** Starts all nodes that do not run; returns before they are ready. */
    default void startAll() throws IOException {
        for (Node node : nodes()) {
            start(node);
        }
    }

    /**
     * Waits until all nodes are ready to serve.
     *
     * @throws IOException when one has ended or is not ready in time, with what it said
     */
    void awaitReady(Duration timeout) throws IOException, InterruptedException;

    /** Stops all nodes and gives back all that was taken of the machine; data and logs of the nodes stay. */
    @Override
    void close() throws IOException;

    /** Where clients find all nodes, comma-separated. */
    default String endpoints() {
        return nodes().stream().map(Node::endpoint).collect(Collectors.joining(","));
    }
}
