package io.walnut.chaos.bugs;

import io.walnut.chaos.check.Anomaly;
import io.walnut.chaos.check.Violation;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.run.Backends;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workloads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A run of a cluster, as a trial: says what was found in a file, and ends. */
final class ChaosTrial {
    private static final int NODES = 3;
    private static final int PROCESSES = 6;
    private static final int LOGS = 2;
    private static final Pace PACE = Pace.pausing(Duration.ofMillis(2));

    private ChaosTrial() {}

    public static void main(String[] args) throws Exception {
        Path result = Path.of(args[0]);
        Path directory = Path.of(args[1]);
        List<Fault> faults = args[4].isEmpty() ? List.of() : Faults.named(List.of(args[4].split(",")));
        long seed = Long.parseLong(args[7]);
        ChaosRun.Settings settings = new ChaosRun.Settings(
                seed,
                Duration.ofSeconds(Integer.parseInt(args[6])),
                Workloads.named(args[3]),
                faults,
                Duration.ofSeconds(Integer.parseInt(args[5])),
                PROCESSES,
                LOGS,
                PACE,
                List.of());
        ChaosRun.Result run;
        try (Cluster cluster = Backends.named(args[2]).create(directory.resolve("cluster"), NODES, seed)) {
            run = new ChaosRun(cluster, settings, directory).run();
        }
        if (!run.skipped().isEmpty()) {
            throw new IllegalArgumentException("faults " + run.skipped() + " are not possible on " + args[2]);
        }
        System.out.println(run);
        Trial.write(
                result,
                signs(run),
                run.verdict().violations().stream().map(Violation::toString).collect(Collectors.joining("\n"))
                        + run.brokenOff()
                        + String.join("\n", run.damages()));
        System.exit(0); // whatever threads the clients of a failed run have left
    }

    private static Set<String> signs(ChaosRun.Result run) {
        Set<String> signs = new TreeSet<>();
        run.verdict().counts().keySet().stream().map(Anomaly::name).forEach(signs::add);
        if (!run.damages().isEmpty()) {
            signs.add(Trial.DAMAGED);
        }
        if (!run.brokenOff().isEmpty()) {
            signs.add(sign(run.brokenOff()));
        } else if (!run.verdict().conclusive()) {
            signs.add(Trial.NOT_CONCLUSIVE);
        }
        return signs;
    }

    /** Why a run did not come to its end, by what it says. */
    private static String sign(String brokenOff) {
        if (brokenOff.contains(" ended: ")) {
            return Trial.NODE_ENDED;
        }
        return brokenOff.contains(", which it has: ") ? Trial.CANNOT_READ : Trial.NOT_READY;
    }
}
