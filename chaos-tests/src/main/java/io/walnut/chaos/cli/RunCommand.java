package io.walnut.chaos.cli;

import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.run.RunOptions;
import io.walnut.cli.OutputOption;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
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
            "Start a cluster of its own on this machine, let clients and faults at it, and judge what the clients saw.",
            "Leaves a directory with a page to open (docs/CHAOS.md says what else). Exits with 0 when nothing was violated and no"
                    + " fault that was asked for was left out, with 7 when something was violated, with 5 when nobody can know or"
                    + " a fault was left out, with 1 when the run could not be made."
        })
final class RunCommand implements Callable<Integer> {
    /** In place of the names of faults. */
    private static final String NONE = "none";

    private static final int MOST_NODES = 7;

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
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "" + RunOptions.NODES,
            description = "How many nodes (default: ${DEFAULT-VALUE}); some faults take five.")
    int nodes;

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
            description =
                    "Which faults, of those that 'list' prints or all that begin so, or " + NONE
                            + " (default: all that the backend can have). Of each name one must come, or the run counts for nothing.")
    List<String> faults = List.of();

    @Option(
            names = "--faults-among",
            paramLabel = "NAME",
            split = ",",
            description = "The same, but none of them must come.")
    List<String> among = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "store",
            description = "Where what the run leaves goes, in DIR/NAME/TIME (default: ${DEFAULT-VALUE}).")
    Path out;

    @Option(names = "--name", paramLabel = "NAME", description = "Of the run (default: BACKEND-WORKLOAD).")
    @Nullable
    String name;

    @Option(
            names = "--ledger",
            paramLabel = "DIR",
            description = "Add a line to this ledger, of which 'scorecard' makes its figures (default: none).")
    @Nullable
    Path ledger;

    @Mixin
    OutputOption form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!(minutes > 0)) {
            throw new ParameterException(spec.commandLine(), "--minutes is " + minutes + "; expected more than 0");
        }
        if (nodes < 1 || nodes > MOST_NODES) {
            throw new ParameterException(spec.commandLine(), "--nodes is " + nodes + "; expected 1 to " + MOST_NODES);
        }
        if (rate != null && !(rate > 0)) {
            throw new ParameterException(spec.commandLine(), "--rate is " + rate + "; expected more than 0");
        }
        if (!faults.isEmpty() && !among.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "expected --faults or --faults-among, found both");
        }
        List<String> names = faults.isEmpty() ? among : faults;
        boolean none = names.equals(List.of(NONE));
        Runner.Ran ran;
        try {
            List<Fault> chosen = names.isEmpty() ? Faults.all() : none ? List.of() : Faults.named(names);
            RunOptions options = new RunOptions(
                    seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed,
                    RunOptions.time(minutes),
                    backend,
                    nodes,
                    workload,
                    rate,
                    chosen.stream().map(Fault::name).toList(),
                    none ? List.of() : faults,
                    name == null ? backend + "-" + workload : name);
            PrintWriter to = spec.commandLine().getOut();
            ran = new Runner(options, ledger)
                    .run(out, spec.commandLine().getErr(), all -> RunOutput.print(all, form.output(), to));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return CheckCommand.code(ran.result().verdict(), ran.result().good());
    }
}
