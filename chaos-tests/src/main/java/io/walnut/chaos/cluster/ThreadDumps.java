package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/** What the threads of each node are at, told by the node into its own output. */
public final class ThreadDumps {
    private static final long TIME_TO_WRITE_MS = 2_000;

    private ThreadDumps() {}

    /** Asks all that run; those that run no process of their own, or have just ended, say nothing. */
    public static void ask(Cluster cluster) throws InterruptedException {
        Optional<Processes> processes = cluster.ability(Processes.class);
        if (processes.isEmpty()) {
            return;
        }
        for (Node node : cluster.nodes()) {
            try {
                OptionalLong pid = processes.get().pid(node);
                if (pid.isPresent()) {
                    Commands.run("kill", "-QUIT", Long.toString(pid.getAsLong()));
                }
            } catch (IOException e) {
                // It has ended meanwhile.
            }
        }
        Thread.sleep(TIME_TO_WRITE_MS);
    }
}
