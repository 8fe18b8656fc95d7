package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Leader;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.cluster.Processes;
import io.walnut.client.Appended;
import io.walnut.client.Appender;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.Record;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A batch that is sent again long after it was appended is not appended again. All nodes stand still in the middle of appends, for
 * longer than Ratis remembers requests (60 s): what had reached a majority is in the log when they go on, and the client, which
 * has heard nothing of it, sends it once more.
 */
@Tag("slow")
class LateRetryTest {
    private static final String LOG = "late";
    private static final Duration HOLD = Duration.ofSeconds(66);
    private static final Duration READY = Duration.ofMinutes(3);
    private static final int BEFORE = 500;

    @TempDir
    Path directory;

    private final List<Appended> answers = new ArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicBoolean stop = new AtomicBoolean();

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void aRetryAfterMoreThanAMinuteIsNoDuplicate() throws Exception {
        try (Cluster cluster = new ProcessCluster(directory.resolve("cluster"), 3);
                ExecutorService threads = Executors.newSingleThreadExecutor();
                Walnut walnut = Walnut.builder()
                        .endpoints(cluster.endpoints())
                        .deadline(READY.plus(HOLD))
                        .build()) {
            start(cluster);
            walnut.createLog(LOG);
            Future<?> appending = threads.submit(() -> append(walnut));
            hold(cluster, true);
            hold(cluster, false);
            stop.set(true);
            appending.get();

            assertThat(answers).filteredOn(Appended::duplicate).as("sent again").isNotEmpty();
            for (Node node : cluster.nodes()) {
                assertThat(numbers(walnut, node)).as(node.id()).isEqualTo(numbers(answers));
            }
        }
    }

    /** Numbers, each a batch of its own, with as many in flight as a producer may have. */
    private void append(Walnut walnut) {
        List<CompletableFuture<Appended>> futures = new ArrayList<>();
        try (Appender appender = walnut.appender(LOG)) {
            for (int number = 0; !stop.get(); number++) {
                futures.add(appender.append(
                        Record.of(ByteBuffer.allocate(4).putInt(number).array())));
                CompletableFuture<?> _ = futures.getLast().thenRun(answered::incrementAndGet);
            }
        }
        futures.forEach(future -> answers.add(future.join()));
    }

    private void hold(Cluster cluster, boolean leaderLast) throws Exception {
        Processes processes = cluster.ability(Processes.class).orElseThrow();
        int before = answered.get();
        long patience = System.nanoTime() + READY.toNanos();
        while (answered.get() < before + BEFORE && System.nanoTime() < patience) {
            Thread.sleep(1);
        }
        List<Node> nodes = new ArrayList<>(cluster.nodes());
        Node leader = Leader.of(cluster).orElseThrow();
        nodes.remove(leader);
        nodes.addFirst(leader);
        for (Node node : nodes) {
            processes.pause(node);
        }
        Thread.sleep(HOLD);
        for (Node node : leaderLast ? nodes.reversed() : nodes) {
            processes.resume(node);
        }
        start(cluster); // one that has stood still for so long may have ended itself
    }

    private static void start(Cluster cluster) throws Exception {
        for (Node node : cluster.nodes()) {
            cluster.start(node);
        }
        cluster.awaitReady(READY);
    }

    /** At each offset the number that was acknowledged for it. */
    private static List<Integer> numbers(List<Appended> answers) {
        Integer[] numbers = new Integer[answers.size()];
        for (int number = 0; number < numbers.length; number++) {
            numbers[(int) answers.get(number).firstOffset()] = number;
        }
        return List.of(numbers);
    }

    private static List<Integer> numbers(Walnut walnut, Node node) throws InterruptedException {
        long end = walnut.describe(LOG).endOffset();
        long patience = System.nanoTime() + READY.toNanos();
        List<Integer> numbers = new ArrayList<>();
        while (numbers.size() < end && System.nanoTime() < patience) {
            Thread.sleep(10); // a node that has just come back may be behind
            try (LogReader reader =
                    walnut.read(LOG, ReadOptions.from(numbers.size()).at(node.endpoint()))) {
                for (StoredRecord record = reader.next(); record != null; record = reader.next()) {
                    numbers.add(ByteBuffer.wrap(record.value()).getInt());
                }
            }
        }
        return numbers;
    }
}
