package io.walnut.chaos.cli;

import io.walnut.chaos.cluster.Backend;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.report.RunReport;
import io.walnut.chaos.run.Backends;
import io.walnut.chaos.run.Build;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.run.RunDirectory;
import io.walnut.chaos.run.RunOptions;
import io.walnut.chaos.scorecard.RunLine;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workload;
import io.walnut.chaos.workload.Workloads;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run from its options to all that it leaves. */
final class Runner {
    private static final int PROCESSES = 8;
    private static final int LOGS = 3;
    private static final Duration PAUSE = Duration.ofMillis(2);
    private static final Duration FAULT_EVERY = Duration.ofSeconds(10);

    /**
     * What came of it.
     *
     * @param options with the faults that were chosen from
     * @param impossible names of faults that nobody asked for, and that this kind of cluster cannot have
     */
    record Ran(RunOptions options, ChaosRun.Result result, RunDirectory directory, List<String> impossible) {}

    private final Backend backend;
    private final Workload workload;
    private final List<Fault> faults;
    private final RunOptions options;
    private final @Nullable Path ledger;

    /**
     * Of these options; nothing is started yet.
     *
     * @param ledger to which the run is added, null for none
     * @throws IllegalArgumentException when the options name what there is not, or what this machine cannot have
     */
    Runner(RunOptions options, @Nullable Path ledger) {
        this.options = options;
        this.ledger = ledger;
        this.backend = Backends.named(options.backend());
        this.workload = Workloads.named(options.workload());
        this.faults = Faults.named(options.faults());
        backend.missing().ifPresent(what -> {
            throw new IllegalArgumentException("backend '" + backend.name() + "' cannot run here: " + what);
        });
    }

    /**
     * Runs it.
     *
     * @param err where progress is shown
     * @param output told what came of it, also when the run was interrupted
     */
    Ran run(Path base, PrintWriter err, Consumer<Ran> output) throws Exception {
        Instant started = Instant.now();
        RunDirectory directory = RunDirectory.create(base, options.name(), started);
        err.println("seed " + options.seed() + ", " + directory.path());
        err.flush();
        try (Interrupt interrupt = new Interrupt()) {
            Ran ran = noting(directory, started, () -> run(directory, interrupt, err));
            new RunReport(
                            directory,
                            ran.options,
                            ran.result,
                            ran.impossible,
                            started,
                            CheckCommand.fields(ran.result.verdict()))
                    .write();
            if (ledger != null) {
                RunLine.add(directory.path(), ledger);
            }
            if (ran.result.good()) {
                directory.dropCluster();
            }
            output.accept(ran);
            return ran;
        }
    }

    /** A cluster that did not come back is no run that can be forgotten. */
    private Ran noting(RunDirectory directory, Instant started, Callable<Ran> running) throws Exception {
        try {
            return running.call();
        } catch (Exception e) {
            if (ledger != null) {
                RunLine.addFailed(options.fields(), started, Build.commit(), e.toString(), ledger);
            }
            throw new IOException(e.getMessage() + "; what there is of the run: " + directory.path(), e);
        }
    }

    private Ran run(RunDirectory directory, Interrupt interrupt, PrintWriter err) throws Exception {
        try (Cluster cluster = backend.create(directory.cluster(), options.nodes(), options.seed())) {
            List<Fault> possible =
                    faults.stream().filter(fault -> fault.possible(cluster)).toList();
            List<Fault> chosen = faults.stream()
                    .filter(fault -> possible.contains(fault) || isMissed(fault, possible))
                    .toList();
            RunOptions of = options.among(names(chosen));
            directory.writeRepro(of, program(), Build.version() + ", commit " + Build.commit());
            Pace pace = options.rate() == null ? Pace.pausing(PAUSE) : Pace.of(options.rate());
            ChaosRun run = new ChaosRun(
                    cluster,
                    new ChaosRun.Settings(
                            of.seed(), of.time(), workload, chosen, FAULT_EVERY, PROCESSES, LOGS, pace, of.promised()),
                    directory.path());
            interrupt.ends(run, cluster);
            try (RunProgress _ = new RunProgress(run, of.time(), err)) {
                ChaosRun.Result result = run.run();
                return new Ran(
                        of,
                        result,
                        directory,
                        names(faults.stream()
                                .filter(fault -> !chosen.contains(fault))
                                .toList()));
            } finally {
                directory.keepOutputs(cluster);
            }
        }
    }

    /** Whether a promise of it cannot be kept by any other. */
    private boolean isMissed(Fault fault, List<Fault> possible) {
        return options.promised().stream()
                .filter(name -> Faults.isNamed(fault.name(), name))
                .anyMatch(name -> possible.stream().noneMatch(other -> Faults.isNamed(other.name(), name)));
    }

    private static List<String> names(List<Fault> faults) {
        return faults.stream().map(Fault::name).toList();
    }

    /** As this one was called, from anywhere. */
    private static String program() {
        String program = System.getProperty("walnut.program", "walnut");
        return program.contains("/")
                ? Path.of(program).toAbsolutePath().normalize().toString()
                : program;
    }
}
