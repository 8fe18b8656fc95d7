package io.walnut.node.raft;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the barrier before a linearizable read takes: three members and the load in one JVM, on the leader and on a follower, with
 * nothing else to do and beside appends. A benchmark and no test: its name keeps it out of the build.
 *
 * <pre>{@code mvn -pl raft-node -am test -Dtest=ReadBarrierBench -Dsurefire.failIfNoSpecifiedTests=false}</pre>
 */
class ReadBarrierBench {
    private static final long WARM_UP_SECONDS = 15;
    private static final long SECONDS = 5;

    @TempDir
    Path directory;

    @Test
    void measure() throws Exception {
        try (LoopbackCluster cluster =
                LoopbackCluster.started(directory, 3, options -> options.withElectionTimeout(Duration.ofSeconds(5)))) {
            RaftGroupNode leader = cluster.node(cluster.awaitLeader());
            RaftGroupNode follower = cluster.node(cluster.aFollower());
            run("warm-up", leader, 100, WARM_UP_SECONDS);
            runAll("", leader, follower);
            AtomicBoolean ended = new AtomicBoolean();
            Thread appends = Thread.ofPlatform().start(() -> {
                while (!ended.get()) {
                    leader.submit(ByteBuffer.wrap(new byte[100])).join();
                }
            });
            runAll(", beside appends, one after the other", leader, follower);
            ended.set(true);
            appends.join();
        }
    }

    private static void runAll(String beside, RaftGroupNode leader, RaftGroupNode follower)
            throws InterruptedException {
        System.out.println(run("leader, 1 in flight" + beside, leader, 1, SECONDS));
        System.out.println(run("follower, 1 in flight" + beside, follower, 1, SECONDS));
        System.out.println(run("leader, 100 in flight" + beside, leader, 100, SECONDS));
        System.out.println(run("follower, 100 in flight" + beside, follower, 100, SECONDS));
    }

    private static String run(String what, RaftGroupNode node, int inFlight, long seconds) throws InterruptedException {
        ConcurrentHistogram micros = new ConcurrentHistogram(TimeUnit.MINUTES.toMicros(1), 3);
        AtomicLong failed = new AtomicLong();
        Semaphore room = new Semaphore(inFlight);
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(seconds)) {
            room.acquire();
            long asked = System.nanoTime();
            CompletableFuture<?> _ = node.readBarrier().whenComplete((_, failure) -> {
                if (failure == null) {
                    micros.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - asked));
                } else {
                    failed.incrementAndGet();
                }
                room.release();
            });
        }
        room.acquire(inFlight);
        double took = (System.nanoTime() - begin) / 1e9;
        return String.format(
                Locale.ROOT,
                "read barrier: %s: %.0f/s, p50 %d us, p99 %d us, %d errors",
                what,
                micros.getTotalCount() / took,
                micros.getValueAtPercentile(50),
                micros.getValueAtPercentile(99),
                failed.get());
    }
}
