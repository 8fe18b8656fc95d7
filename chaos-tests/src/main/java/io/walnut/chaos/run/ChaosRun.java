package io.walnut.chaos.run;

import io.walnut.chaos.check.HistoryJudge;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.workload.Clients;
import io.walnut.chaos.workload.FinalReads;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Recorder;
import io.walnut.chaos.workload.StatusMonitor;
import io.walnut.chaos.workload.Workload;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** Starts a cluster, lets clients and faults at it for a while, heals it, reads every node, and judges what was seen. */
public final class ChaosRun {
    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration LAST_DEADLINE = Duration.ofSeconds(60);

    /**
     * What to do.
     *
     * @param seed of the workload and of the faults
     * @param faultEvery between two faults
     * @param pace of all processes
     */
    public record Settings(
            long seed,
            Duration time,
            Workload workload,
            List<Fault> faults,
            Duration faultEvery,
            int processes,
            int logs,
            Pace pace) {
        public Settings {
            faults = List.copyOf(faults);
        }
    }

    /**
     * What came of it.
     *
     * @param skipped names of the faults that this kind of cluster cannot have
     */
    public record Result(
            Verdict verdict,
            long operations,
            long acknowledged,
            List<Nemesis.Injected> injected,
            List<String> skipped,
            Path history) {
        public boolean good() {
            return !verdict.broken() && verdict.conclusive() && skipped.isEmpty();
        }
    }

    private final Cluster cluster;
    private final Settings settings;
    private final Path directory;

    /**
     * A run on a cluster that may be stopped still.
     *
     * @param directory where the history goes
     */
    public ChaosRun(Cluster cluster, Settings settings, Path directory) {
        this.cluster = cluster;
        this.settings = settings;
        this.directory = directory;
    }

    /** Leaves the cluster running, and healed. */
    public Result run() throws Exception {
        List<String> skipped = settings.faults.stream()
                .filter(fault -> !fault.possible(cluster))
                .map(Fault::name)
                .toList();
        List<Fault> faults = settings.faults.stream()
                .filter(fault -> !skipped.contains(fault.name()))
                .toList();
        start();
        Path file = directory.resolve("history.jsonl");
        List<String> logs =
                IntStream.range(0, settings.logs).mapToObj("log-%d"::formatted).toList();
        List<Nemesis.Injected> injected;
        Recorder recorder;
        try (HistoryWriter history = new HistoryWriter(file)) {
            recorder = new Recorder(history);
            try (Walnut walnut = client(LAST_DEADLINE)) {
                logs.forEach(walnut::createLogIfAbsent);
            }
            try (StatusMonitor _ = new StatusMonitor(cluster, recorder)) {
                injected = underFaults(recorder, logs, faults);
                start();
            }
            try (Walnut walnut = client(LAST_DEADLINE)) {
                awaitQuiet(walnut, logs);
                FinalReads reads = new FinalReads(walnut, recorder, LAST_DEADLINE);
                for (String log : logs) {
                    for (Cluster.Node node : cluster.nodes()) {
                        reads.read(log, node);
                    }
                }
            }
        }
        return new Result(
                HistoryJudge.judge(file), recorder.operations(), recorder.acknowledged(), injected, skipped, file);
    }

    /** An append or a trim whose client has given up may still be on its way. */
    private static void awaitQuiet(Walnut walnut, List<String> logs) throws InterruptedException {
        List<List<Long>> before = List.of();
        List<List<Long>> bounds = bounds(walnut, logs);
        while (!bounds.equals(before)) {
            Thread.sleep(QUIET);
            before = bounds;
            bounds = bounds(walnut, logs);
        }
    }

    private static List<List<Long>> bounds(Walnut walnut, List<String> logs) {
        return logs.stream()
                .map(walnut::describe)
                .map(log -> List.of(log.startOffset(), log.endOffset()))
                .toList();
    }

    private void start() throws IOException, InterruptedException {
        for (Cluster.Node node : cluster.nodes()) {
            cluster.start(node);
        }
        cluster.awaitReady(START);
    }

    private List<Nemesis.Injected> underFaults(Recorder recorder, List<String> logs, List<Fault> faults)
            throws Exception {
        Nemesis nemesis = new Nemesis(cluster, faults, settings.seed, settings.faultEvery, recorder::now);
        Clients.Settings workload = new Clients.Settings(
                settings.workload, settings.processes, logs, cluster.nodes(), settings.pace, settings.seed);
        try (Clients clients = new Clients(workload, () -> client(DEADLINE), recorder)) {
            long end = recorder.now() + settings.time.toNanos();
            while (recorder.now() < end) {
                nemesis.period();
            }
            clients.stop();
        }
        return nemesis.injected();
    }

    private Walnut client(Duration deadline) {
        return Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(deadline)
                .build();
    }
}
