package io.walnut.chaos.run;

import io.walnut.chaos.check.HistoryJudge;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.ThreadDumps;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Events;
import io.walnut.chaos.history.HistoryWriter;
import io.walnut.chaos.workload.Clients;
import io.walnut.chaos.workload.FinalReads;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Recorder;
import io.walnut.chaos.workload.StatusMonitor;
import io.walnut.chaos.workload.Workload;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Starts a cluster, lets clients and faults at it for a while, heals it, reads every node, and judges what was seen. Writes
 * {@code history.jsonl} and {@code faults.jsonl} as it goes.
 */
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
     * @param promised names of faults, or what they begin with, of each of which one must come
     */
    public record Settings(
            long seed,
            Duration time,
            Workload workload,
            List<Fault> faults,
            Duration faultEvery,
            int processes,
            int logs,
            Pace pace,
            List<String> promised) {
        public Settings {
            faults = List.copyOf(faults);
            promised = List.copyOf(promised);
        }
    }

    /**
     * What came of it.
     *
     * @param skipped names of the faults that this kind of cluster cannot have
     * @param absent of what was promised, that of which none came
     * @param damages what nodes say of damage to their files that no fault explains
     * @param outages how long each fault kept clients from appending
     * @param brokenOff why the run did not come to its end; empty when it did
     */
    public record Result(
            Verdict verdict,
            long operations,
            long acknowledged,
            List<Nemesis.Injected> injected,
            List<String> skipped,
            List<String> absent,
            List<String> damages,
            List<Outage> outages,
            String brokenOff,
            Path history) {
        public Result {
            injected = List.copyOf(injected);
            skipped = List.copyOf(skipped);
            absent = List.copyOf(absent);
            damages = List.copyOf(damages);
            outages = List.copyOf(outages);
        }

        /** Nothing was violated, and that means something: records were acknowledged, what was promised came, all was read at the end. */
        public boolean good() {
            return !verdict.broken()
                    && verdict.conclusive()
                    && acknowledged > 0
                    && skipped.isEmpty()
                    && absent.isEmpty()
                    && damages.isEmpty()
                    && brokenOff.isEmpty();
        }
    }

    /** What a run does just now. */
    public enum Phase {
        STARTING,
        RUNNING,
        HEALING,
        READING,
        JUDGING;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How far a run has come.
     *
     * @param nanos since its clients began
     * @param acknowledged records
     * @param faults healed so far
     */
    public record Progress(Phase phase, long nanos, long operations, long acknowledged, int faults) {}

    private final Cluster cluster;
    private final Settings settings;
    private final Path directory;
    private final List<String> logs;
    private volatile Phase phase = Phase.STARTING;
    private volatile boolean stopped;
    private volatile @Nullable Recorder recorder;
    private volatile @Nullable Nemesis nemesis;

    /** @param directory where the files go */
    public ChaosRun(Cluster cluster, Settings settings, Path directory) {
        this.cluster = cluster;
        this.settings = settings;
        this.directory = directory;
        this.logs =
                IntStream.range(0, settings.logs).mapToObj("log-%d"::formatted).toList();
    }

    /** Leaves the cluster running, and healed if it could be. */
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
        FaultFile faultFile = new FaultFile(directory.resolve("faults.jsonl"));
        String brokenOff = "";
        Recorder records;
        Nemesis foe;
        try (HistoryWriter history = new HistoryWriter(file)) {
            records = new Recorder(history);
            foe = new Nemesis(cluster, faults, settings.seed, settings.faultEvery, records::now);
            recorder = records;
            nemesis = foe;
            try {
                try (StatusMonitor _ = new StatusMonitor(cluster, records)) {
                    underFaults(records, foe, faultFile);
                    start();
                }
                readAll(records);
            } catch (IOException | RuntimeException e) {
                // A cluster that does not come back is what we are here for: the rest of what it did is told all the
                // same.
                boolean told = e instanceof IOException || e instanceof WalnutException;
                brokenOff = "the run failed: " + (told ? e.getMessage() : e.toString());
                ThreadDumps.ask(cluster);
            } catch (ExecutionException e) {
                brokenOff = "the run failed, for a client did: " + e.getCause();
            } catch (InterruptedException e) {
                if (!stopped) {
                    throw e;
                }
                brokenOff = "healing took too long and was left";
            }
            faultFile.write(foe.injected());
        }
        if (stopped) {
            brokenOff = "interrupted after " + records.now() / 1_000_000_000 + " s; nothing was read at the end; "
                    + (brokenOff.isEmpty() ? "all was healed" : brokenOff);
        }
        phase = Phase.JUDGING;
        Liveness liveness = new Liveness(foe.injected());
        Events.play(file, liveness);
        return new Result(
                HistoryJudge.judge(file),
                records.operations(),
                records.acknowledged(),
                foe.injected(),
                skipped,
                absent(foe.injected()),
                DamageReports.unexplained(cluster, foe.injected(), file),
                liveness.outages(),
                brokenOff,
                file);
    }

    private List<String> absent(List<Nemesis.Injected> injected) {
        return settings.promised.stream()
                .filter(name -> injected.stream().noneMatch(each -> Faults.isNamed(each.fault(), name)))
                .toList();
    }

    /** Ends it in order, and soon: faults are healed, nothing is read at the end. Returns at once. */
    public void stop() {
        stopped = true;
        Nemesis foe = nemesis;
        if (foe != null) {
            foe.stop();
        }
    }

    public Progress progress() {
        Recorder records = recorder;
        Nemesis foe = nemesis;
        return records == null || foe == null
                ? new Progress(phase, 0, 0, 0, 0)
                : new Progress(
                        phase,
                        records.now(),
                        records.operations(),
                        records.acknowledged(),
                        foe.injected().size());
    }

    private void underFaults(Recorder records, Nemesis foe, FaultFile faultFile) throws Exception {
        try (Walnut walnut = client(LAST_DEADLINE)) {
            logs.forEach(walnut::createLogIfAbsent);
        }
        phase = Phase.RUNNING;
        Clients.Settings workload = new Clients.Settings(
                settings.workload, settings.processes, logs, cluster.nodes(), settings.pace, settings.seed);
        try (Clients clients = new Clients(workload, () -> client(DEADLINE), records)) {
            long end = records.now() + settings.time.toNanos();
            while (records.now() < end && !stopped) {
                foe.period();
                faultFile.write(foe.injected());
            }
            phase = Phase.HEALING;
            clients.stop();
        }
    }

    private void readAll(Recorder records) throws IOException, InterruptedException {
        if (stopped) {
            return;
        }
        phase = Phase.READING;
        try (Walnut walnut = client(LAST_DEADLINE)) {
            awaitQuiet(walnut);
            FinalReads reads = new FinalReads(walnut, records, LAST_DEADLINE);
            for (String log : logs) {
                for (Cluster.Node node : cluster.nodes()) {
                    if (stopped) {
                        return;
                    }
                    reads.read(log, node);
                }
            }
        }
    }

    /** An append or a trim whose client has given up may still be on its way. */
    private void awaitQuiet(Walnut walnut) throws InterruptedException {
        List<List<Long>> before = List.of();
        List<List<Long>> bounds = bounds(walnut);
        while (!bounds.equals(before)) {
            Thread.sleep(QUIET);
            before = bounds;
            bounds = bounds(walnut);
        }
    }

    private List<List<Long>> bounds(Walnut walnut) {
        return logs.stream()
                .map(walnut::describe)
                .map(log -> List.of(log.startOffset(), log.endOffset()))
                .toList();
    }

    private void start() throws IOException, InterruptedException {
        cluster.startAll();
        cluster.awaitReady(START);
    }

    private Walnut client(Duration deadline) {
        return Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(deadline)
                .build();
    }
}
