package io.walnut.chaos.cli;

import io.walnut.chaos.cluster.Backend;
import io.walnut.chaos.cluster.Backends;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.workload.Pace;
import io.walnut.chaos.workload.Workload;
import io.walnut.chaos.workload.Workloads;
import io.walnut.cli.ExitCode;
import io.walnut.cli.Output;
import io.walnut.cli.OutputOption;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code walnut chaos run}: a cluster of its own, clients, faults, and the verdict. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Start a cluster of three nodes on this machine, let clients and faults at it, and judge what the clients saw.",
            "Exits with 0 when nothing was violated and no fault was left out, else with 1."
        })
final class RunCommand implements Callable<Integer> {
    private static final int NODES = 3;
    private static final int PROCESSES = 8;
    private static final int LOGS = 3;
    private static final Duration PAUSE = Duration.ofMillis(2);
    private static final Duration FAULT_EVERY = Duration.ofSeconds(10);
    private static final int SECONDS_A_MINUTE = 60;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long (default: ${DEFAULT-VALUE}).")
    double minutes;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of clients and faults (default: a new one, which is printed).")
    @Nullable
    Long seed;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "process",
            description = "What the cluster is made of (default: ${DEFAULT-VALUE}; 'list' prints all).")
    String backend;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            defaultValue = "append-read",
            description = "What the clients do (default: ${DEFAULT-VALUE}; 'list' prints all).")
    String workload;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Steps of all clients a second, evenly (default: as many as the cluster takes).")
    @Nullable
    Double rate;

    @Option(
            names = "--faults",
            paramLabel = "NAME",
            split = ",",
            description = "Which faults, of those that 'list' prints (default: all).")
    List<String> faults = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where what the run leaves goes (default: chaos-SEED in the current directory).")
    @Nullable
    Path out;

    @Mixin
    OutputOption form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!(minutes > 0)) {
            throw new ParameterException(spec.commandLine(), "--minutes is " + minutes + "; expected more than 0");
        }
        if (rate != null && !(rate > 0)) {
            throw new ParameterException(spec.commandLine(), "--rate is " + rate + "; expected more than 0");
        }
        Pace pace = rate == null ? Pace.pausing(PAUSE) : Pace.of(rate);
        List<Fault> chosen;
        Workload work;
        Backend kind;
        try {
            kind = Backends.named(backend);
            work = Workloads.named(workload);
            chosen = faults.isEmpty() ? Faults.all() : Faults.named(faults);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        long number = seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed;
        Path directory = (out == null ? Path.of("chaos-" + number) : out).toAbsolutePath();
        Files.createDirectories(directory);
        spec.commandLine().getErr().println("seed " + number + ", " + directory);
        Duration time = Duration.ofMillis((long) (minutes * SECONDS_A_MINUTE * 1000));
        if (kind.missing().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "backend '" + backend + "' cannot run here: "
                            + kind.missing().get());
        }
        try (Cluster cluster = kind.create(directory.resolve("cluster"), NODES)) {
            ChaosRun run = new ChaosRun(
                    cluster,
                    new ChaosRun.Settings(number, time, work, chosen, FAULT_EVERY, PROCESSES, LOGS, pace),
                    directory);
            ChaosRun.Result result = run.run();
            print(result);
            return result.good() ? ExitCode.OK : ExitCode.FAILURE;
        }
    }

    private void print(ChaosRun.Result result) {
        PrintWriter to = spec.commandLine().getOut();
        Map<String, Long> injected = new TreeMap<>(result.injected().stream()
                .collect(Collectors.groupingBy(Nemesis.Injected::fault, Collectors.counting())));
        if (form.output() != Output.TABLE) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("good", result.good());
            fields.put("acknowledged", result.acknowledged());
            fields.put("faults", injected);
            fields.put("skipped", result.skipped());
            fields.putAll(CheckCommand.fields(result.verdict()));
            fields.put("history", result.history().toString());
            to.println(Output.json(fields));
        } else {
            to.printf(
                    Locale.ROOT,
                    "%,d operations, %,d records acknowledged%n",
                    result.operations(),
                    result.acknowledged());
            injected.forEach((fault, times) -> to.printf(Locale.ROOT, "fault %s: %,d times%n", fault, times));
            result.skipped().forEach(fault -> to.println("fault " + fault + ": NOT RUN, this cluster cannot have it"));
            CheckCommand.print(result.verdict(), to);
            to.println("history: " + result.history());
        }
        to.flush();
    }
}
