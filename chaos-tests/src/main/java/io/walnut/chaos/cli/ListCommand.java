package io.walnut.chaos.cli;

import io.walnut.chaos.cluster.Backend;
import io.walnut.chaos.cluster.Outline;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.run.Backends;
import io.walnut.chaos.run.RunOptions;
import io.walnut.chaos.workload.Workload;
import io.walnut.chaos.workload.Workloads;
import io.walnut.cli.ExitCode;
import io.walnut.cli.Output;
import io.walnut.cli.OutputOption;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code walnut chaos list}: what there is to choose from, and what there is not. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "List backends, workloads and faults, and which fault classes no fault covers yet.")
final class ListCommand implements Callable<Integer> {
    private static final int MORE_NODES = 5;

    @Mixin
    OutputOption form;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (form.output() == Output.TABLE) {
            print(out);
        } else {
            out.println(Output.json(fields()));
        }
        out.flush();
        return ExitCode.OK;
    }

    private static void print(PrintWriter out) {
        out.println("backends (--backend):");
        for (Backend backend : Backends.all()) {
            out.printf("  %-12s %s%n", backend.name(), backend.text());
            backend.missing().ifPresent(what -> out.printf("  %-12s NOT HERE: %s%n", "", what));
        }
        out.println("workloads (--workload):");
        for (Workload workload : Workloads.all()) {
            out.printf("  %-12s %s%n", workload.name(), workload.text());
        }
        out.println("faults (--faults), by what they are:");
        List<Fault> faults = Faults.all();
        for (FaultClass faultClass : FaultClass.values()) {
            List<Fault> of = faults.stream()
                    .filter(fault -> fault.faultClass() == faultClass)
                    .toList();
            if (!of.isEmpty()) {
                out.println("  " + name(faultClass) + ": " + faultClass.text());
            }
            for (Fault fault : of) {
                out.printf("    %-24s %s%n", fault.name(), where(fault));
            }
        }
        List<FaultClass> missing = missing(faults);
        if (!missing.isEmpty()) {
            out.println("NOT COVERED, for there is no fault of it yet:");
            missing.forEach(faultClass -> out.println("  " + name(faultClass) + ": " + faultClass.text()));
        }
    }

    private static String name(FaultClass faultClass) {
        return faultClass.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String where(Fault fault) {
        List<String> usual = backends(fault, RunOptions.NODES);
        if (!usual.isEmpty()) {
            return "on " + String.join(", ", usual);
        }
        List<String> more = backends(fault, MORE_NODES);
        return more.isEmpty()
                ? "no backend can have it"
                : "on " + String.join(", ", more) + ", with --nodes " + MORE_NODES;
    }

    private static List<String> backends(Fault fault, int nodes) {
        return Backends.all().stream()
                .filter(backend -> fault.possible(new Outline(backend, nodes)))
                .map(Backend::name)
                .toList();
    }

    private static List<FaultClass> missing(List<Fault> faults) {
        return Arrays.stream(FaultClass.values())
                .filter(faultClass -> faults.stream().noneMatch(fault -> fault.faultClass() == faultClass))
                .toList();
    }

    private static Map<String, Object> fields() {
        List<Map<String, Object>> backends = new ArrayList<>();
        for (Backend backend : Backends.all()) {
            Map<String, Object> fields = named(backend.name(), backend.text());
            fields.put("missing", backend.missing().orElse(""));
            backends.add(fields);
        }
        List<Map<String, Object>> workloads = new ArrayList<>();
        Workloads.all().forEach(workload -> workloads.add(named(workload.name(), workload.text())));
        List<Fault> all = Faults.all();
        List<Map<String, Object>> faults = new ArrayList<>();
        for (Fault fault : all) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", fault.name());
            fields.put("class", name(fault.faultClass()));
            fields.put("backends", backends(fault, RunOptions.NODES));
            faults.add(fields);
        }
        List<Map<String, Object>> missing = new ArrayList<>();
        missing(all).forEach(faultClass -> missing.add(named(name(faultClass), faultClass.text())));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("backends", backends);
        fields.put("workloads", workloads);
        fields.put("faults", faults);
        fields.put("not_covered", missing);
        return fields;
    }

    private static Map<String, Object> named(String name, String text) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("text", text);
        return fields;
    }
}
