package io.walnut.node.local;

import io.walnut.client.Appended;
import io.walnut.client.Appender;
import io.walnut.client.AppenderOptions;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Appends lines to a log of a local cluster, one record a line, while nodes are killed with SIGKILL and started again, tails
 * them from a follower at the same time, and at the end compares what each node holds with what was appended, record by record.
 */
public final class KillTrial {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final LocalCluster cluster;
    private final Settings settings;
    private final LongConsumer progress;

    /** Who is killed. */
    public enum Victims {
        /** The node that leads at the moment. */
        LEADER,
        /** All nodes at once. */
        ALL
    }

    /**
     * What to do.
     *
     * @param log name of the log, created by the trial
     * @param kills how often, spread evenly over the lines; fewer than there are lines
     */
    public record Settings(String log, int kills, Victims victims) {}

    /**
     * What came of it.
     *
     * @param bytes of the lines
     * @param failovers of each kill, the time from it to the next acknowledgement
     * @param differences what the nodes or the tail held that was not appended, or did not hold that was; empty is good
     */
    public record Outcome(
            long lines, long bytes, Duration appending, List<Duration> failovers, List<String> differences) {}

    /** {@code progress} hears how many lines are acknowledged. */
    public KillTrial(LocalCluster cluster, Settings settings, LongConsumer progress) {
        this.cluster = cluster;
        this.settings = settings;
        this.progress = progress;
    }

    /** Runs the trial on a cluster that is ready. */
    public Outcome run(List<byte[]> lines) throws IOException, InterruptedException {
        try (Walnut walnut = Walnut.builder()
                        .endpoints(cluster.endpoints())
                        .deadline(DEADLINE)
                        .build();
                ExecutorService threads = Executors.newThreadPerTaskExecutor(
                        Thread.ofPlatform().daemon().name("trial-", 0).factory())) {
            walnut.createLog(settings.log);
            String follower = follower(walnut);
            Future<Optional<String>> tail =
                    threads.submit(() -> compare(walnut, "tail of " + follower, node(follower), lines));
            Acknowledgements acknowledgements = new Acknowledgements(progress);
            long start = System.nanoTime();
            List<Duration> failovers = append(walnut, lines, acknowledgements, threads);
            Duration appending = Duration.ofNanos(System.nanoTime() - start);
            cluster.awaitReady(DEADLINE);
            return new Outcome(
                    lines.size(),
                    lines.stream().mapToLong(line -> line.length).sum(),
                    appending,
                    failovers,
                    differences(walnut, lines, tail));
        }
    }

    private List<Duration> append(
            Walnut walnut, List<byte[]> lines, Acknowledgements acknowledgements, ExecutorService threads)
            throws IOException, InterruptedException {
        var failovers = new ArrayList<Duration>();
        Future<Duration> kill = CompletableFuture.completedFuture(Duration.ZERO);
        CountDownLatch killed = new CountDownLatch(0);
        try (Appender appender = walnut.appender(settings.log, AppenderOptions.defaults(), acknowledgements)) {
            int next = 0;
            for (int i = 0; i <= settings.kills; i++) {
                int until = (int) ((i + 1L) * lines.size() / (settings.kills + 1));
                for (; next < until; next++) {
                    if (next == until - 1) {
                        killed.await(); // else all may be acknowledged before, and no acknowledgement comes after
                    }
                    byte[] line = lines.get(next);
                    appender.add(line);
                }
                if (i > 0) {
                    failovers.add(result(kill)); // the one that ran while these lines were sent
                }
                if (i < settings.kills) {
                    CountDownLatch done = new CountDownLatch(1);
                    killed = done;
                    kill = threads.submit(() -> kill(walnut, acknowledgements, done));
                }
            }
            appender.flush();
        } catch (WalnutException e) {
            throw new IOException("appending failed: " + e.getMessage(), e);
        }
        return failovers;
    }

    /** Kills, waits for the next acknowledgement, starts again what was killed; returns how long nothing was acknowledged. */
    private Duration kill(Walnut walnut, Acknowledgements acknowledgements, CountDownLatch done) throws Exception {
        CompletableFuture<Long> next;
        long killed;
        try {
            String leader = walnut.status().leaderId();
            if (settings.victims == Victims.ALL) {
                cluster.killAll();
            } else {
                cluster.kill(leader);
            }
            killed = System.nanoTime();
            next = acknowledgements.nextAfterSilence();
        } finally {
            done.countDown();
        }
        if (settings.victims == Victims.ALL) {
            cluster.start();
        }
        long acknowledged;
        try {
            acknowledged = next.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("nothing was acknowledged within " + DEADLINE.toSeconds() + " s of the kill", e);
        }
        cluster.start();
        cluster.awaitReady(DEADLINE);
        return Duration.ofNanos(acknowledged - killed);
    }

    private static <T> T result(Future<T> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        }
    }

    private List<String> differences(Walnut walnut, List<byte[]> lines, Future<Optional<String>> tail)
            throws IOException, InterruptedException {
        var differences = new ArrayList<String>();
        result(tail).ifPresent(differences::add);
        long end = walnut.describe(settings.log).endOffset();
        if (end != lines.size()) {
            differences.add("the log ends at offset " + end + ", " + lines.size() + " records were appended");
        }
        for (NodeLayout node : cluster.nodes()) {
            compare(walnut, "node " + node.id(), ReadOptions.from(0).at(node.endpoint()), lines)
                    .ifPresent(differences::add);
        }
        return differences;
    }

    /** Tails until as many records have come as there are lines; returns the first difference. */
    private Optional<String> compare(Walnut walnut, String what, ReadOptions options, List<byte[]> lines) {
        int expected = 0;
        try (LogReader reader = walnut.tail(settings.log, options)) {
            for (; expected < lines.size(); expected++) {
                StoredRecord record = reader.poll(DEADLINE);
                if (record == null) {
                    return Optional.of(what + ": no record " + expected + " within " + DEADLINE.toSeconds() + " s");
                }
                if (record.offset() != expected) {
                    return Optional.of(what + ": found offset " + record.offset() + ", expected " + expected);
                }
                if (!Arrays.equals(record.value(), lines.get(expected))) {
                    return Optional.of(what + ": record " + expected + " is not the line that was appended");
                }
            }
            return Optional.empty();
        } catch (WalnutException e) {
            return Optional.of(what + ": after " + expected + " records: " + e.getMessage());
        }
    }

    private String follower(Walnut walnut) {
        String leader = walnut.status().leaderId();
        return cluster.nodes().stream()
                .map(NodeLayout::id)
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElse(leader);
    }

    private ReadOptions node(String id) {
        return ReadOptions.from(0).at(cluster.node(id).endpoint());
    }

    /** Counts what is acknowledged, and tells when acknowledgements come again. Acknowledgements come one at a time. */
    private static final class Acknowledgements implements Consumer<Appended> {
        /** What the dead had already sent is read within less, and no election is that fast. */
        private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

        private final LongConsumer progress;
        private final AtomicLong lines = new AtomicLong();
        private volatile long silentSince;
        private volatile @Nullable CompletableFuture<Long> next;

        Acknowledgements(LongConsumer progress) {
            this.progress = progress;
        }

        /**
         * Completes with the time, as of {@link System#nanoTime}, of the first acknowledgement that ends a silence: what the
         * dead had sent before they died does not count.
         */
        CompletableFuture<Long> nextAfterSilence() {
            CompletableFuture<Long> future = new CompletableFuture<>();
            silentSince = System.nanoTime();
            next = future;
            return future;
        }

        @Override
        public void accept(Appended batch) {
            CompletableFuture<Long> waiting = next;
            long now = System.nanoTime();
            if (waiting != null && now - silentSince >= SILENCE_NANOS) {
                waiting.complete(now);
            }
            silentSince = now;
            progress.accept(lines.addAndGet(batch.count()));
        }
    }
}
