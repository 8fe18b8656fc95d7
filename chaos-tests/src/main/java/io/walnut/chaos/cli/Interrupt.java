package io.walnut.chaos.cli;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.ExitGate;
import io.walnut.chaos.run.ChaosRun;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Ctrl-C ends a run in order; the process ends when everything is written down, or when that takes too long. */
final class Interrupt implements AutoCloseable {
    /** So long it heals; a node that waits for others, who may have had the same signal, could wait for minutes. */
    private static final Duration HEALING = Duration.ofSeconds(20);

    private record Target(ChaosRun run, Cluster cluster, Thread runner) {}

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::end, "walnut-chaos-interrupt");
    private volatile @Nullable Target target;

    Interrupt() {
        ExitGate.enter();
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** From now on it ends this run, of the thread that calls. */
    void ends(ChaosRun run, Cluster cluster) {
        target = new Target(run, cluster, Thread.currentThread());
    }

    private void end() {
        Target what = target;
        if (what == null) {
            return;
        }
        System.err.println();
        System.err.println("walnut: interrupted; healing, and writing down what was seen");
        what.run.stop();
        if (what.run.progress().phase() == ChaosRun.Phase.STARTING) {
            what.runner.interrupt(); // nothing was seen yet
        }
        try {
            if (done.await(HEALING.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            if (what.run.progress().phase() != ChaosRun.Phase.JUDGING) {
                what.runner.interrupt();
            }
            if (!done.await(ExitGate.GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("walnut: that takes too long; the cluster is stopped as it is");
                what.cluster.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.err.println("walnut: the cluster could not be stopped: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        done.countDown();
        target = null;
        ExitGate.leave();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends already, and the hook with it.
        }
    }
}
