package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Asks each node again and again what it takes itself for, and writes it down, from its construction until it is closed. */
public final class StatusMonitor implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(1);
    private static final long EVERY_MS = 200;
    private static final long END_SECONDS = 10;

    private final Walnut walnut;
    private final Recorder recorder;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("status-", 0).factory());

    /** Begins. A node that does not answer holds up no other. */
    public StatusMonitor(Cluster cluster, Recorder recorder) {
        this.recorder = recorder;
        this.walnut = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(DEADLINE)
                .build();
        cluster.nodes().forEach(node -> threads.execute(() -> watch(node)));
    }

    private void watch(Cluster.Node node) {
        Caller caller = Caller.of(recorder, "");
        try {
            while (!stop.await(EVERY_MS, TimeUnit.MILLISECONDS)) {
                caller.add(ask(caller, node));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Status ask(Caller caller, Cluster.Node node) {
        long invoked = caller.now();
        try {
            ClusterStatus status = walnut.status(node.endpoint());
            return new Status(
                    caller.ok(invoked),
                    node.id(),
                    status.started().toEpochMilli(),
                    status.term(),
                    status.role().equals("leader"),
                    status.commitIndex());
        } catch (WalnutException e) {
            return new Status(
                    caller.failed(invoked, e),
                    node.id(),
                    Operation.UNKNOWN,
                    Operation.UNKNOWN,
                    false,
                    Operation.UNKNOWN);
        }
    }

    /** Ends; nothing is written down after it. */
    @Override
    public void close() {
        stop.countDown();
        threads.shutdown();
        boolean ended;
        try {
            ended = threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } finally {
            walnut.close();
        }
        if (!ended) {
            throw new IllegalStateException("a node was asked for its status " + END_SECONDS
                    + " s ago, with a deadline of " + DEADLINE + ", and the call has not come back");
        }
    }
}
