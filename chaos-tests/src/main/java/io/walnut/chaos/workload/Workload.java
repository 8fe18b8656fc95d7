package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.client.Walnut;
import java.util.List;
import java.util.Random;

/** What clients do to a cluster: a kind of client, of which a run has several, each on a thread of its own. */
public interface Workload {
    /** As it is chosen by. */
    String name();

    /** In a sentence. */
    String text();

    /** One client of it. */
    Client client(Context context);

    /** One client, one call at a time. */
    interface Client extends AutoCloseable {
        /** A call or a few, each recorded; errors of the client are outcomes and are not thrown. */
        void step() throws InterruptedException;

        @Override
        default void close() {}
    }

    /**
     * What a client has.
     *
     * @param number of the client, from 0; unlike any other's of the run
     * @param walnut of its own; closed by who made it
     * @param logs that there are
     * @param random of its own, by the run's seed
     */
    record Context(
            int number, Walnut walnut, List<String> logs, List<Cluster.Node> nodes, Recorder recorder, Random random) {
        public Context {
            logs = List.copyOf(logs);
            nodes = List.copyOf(nodes);
        }
    }
}
