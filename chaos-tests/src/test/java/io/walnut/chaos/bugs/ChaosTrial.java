package io.walnut.chaos.bugs;

import io.walnut.chaos.check.Anomaly;
import io.walnut.chaos.check.HistoryChecker;
import io.walnut.chaos.check.Verdict;
import io.walnut.chaos.check.Violation;
import io.walnut.chaos.run.Backends;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.history.HistoryReader;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.workload.Workloads;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A run of a cluster, as a trial: says what was found in a file, and ends. */
final class ChaosTrial {
    private static final int NODES = 3;
    private static final int PROCESSES = 6;
    private static final int LOGS = 2;
    private static final Duration PAUSE = Duration.ofMillis(2);
    private static final Duration START = Duration.ofMinutes(4);

    private final Set<String> signs = new TreeSet<>();
    private final List<String> texts = new ArrayList<>();
    private final Path directory;

    private ChaosTrial(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] args) throws Exception {
        Path result = Path.of(args[0]);
        ChaosTrial trial = new ChaosTrial(Path.of(args[1]));
        List<Fault> faults = args[4].isEmpty() ? List.of() : Faults.named(List.of(args[4].split(",")));
        ChaosRun.Settings settings = new ChaosRun.Settings(
                Long.parseLong(args[7]),
                Duration.ofSeconds(Integer.parseInt(args[6])),
                Workloads.named(args[3]),
                faults,
                Duration.ofSeconds(Integer.parseInt(args[5])),
                PROCESSES,
                LOGS,
                PAUSE);
        trial.run(args[2], settings);
        Trial.write(result, trial.signs, String.join("\n", trial.texts));
        System.exit(0); // whatever threads the clients of a failed run have left
    }

    private void run(String backend, ChaosRun.Settings settings) throws Exception {
        try (Cluster cluster = Backends.named(backend).create(directory.resolve("cluster"), NODES)) {
            cluster.startAll();
            cluster.awaitReady(START); // on a machine that has much else to do
            ChaosRun.Result result = new ChaosRun(cluster, settings, directory).run();
            if (!result.skipped().isEmpty()) {
                throw new IllegalArgumentException("faults " + result.skipped() + " are not possible on " + backend);
            }
            System.out.println(result);
            note(result.verdict(), true);
        } catch (WalnutException e) {
            failed(e.code().name().replaceFirst("^ERROR_CODE_", ""), e);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            failed(message.contains(" ended: ") ? Trial.NODE_ENDED : Trial.NOT_READY, e);
        }
    }

    /** The run did not come to its end; what it has seen until then may be wrong all the same. */
    private void failed(String sign, Exception e) throws IOException {
        e.printStackTrace(System.out);
        signs.add(sign);
        texts.add(e.toString());
        Path history = directory.resolve("history.jsonl");
        if (Files.exists(history)) {
            HistoryChecker checker = new HistoryChecker();
            try (HistoryReader reader = new HistoryReader(history)) {
                for (Operation next = reader.next(); next != null; next = reader.next()) {
                    checker.add(next);
                }
            }
            note(checker.judge(), false);
        }
    }

    private void note(Verdict verdict, boolean atItsEnd) {
        verdict.counts().keySet().stream().map(Anomaly::name).forEach(signs::add);
        verdict.violations().stream().map(Violation::toString).forEach(texts::add);
        if (atItsEnd && !verdict.conclusive()) {
            signs.add(Trial.NOT_CONCLUSIVE);
        }
    }
}
