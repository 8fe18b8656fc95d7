package io.walnut.chaos.cli;

import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.cli.Output;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code run} and {@code replay} print. */
final class RunOutput {
    private RunOutput() {}

    static void print(Runner.Ran ran, Output form, PrintWriter to) {
        ChaosRun.Result result = ran.result();
        if (form != Output.TABLE) {
            to.println(Output.json(fields(ran)));
            to.flush();
            return;
        }
        to.printf(
                Locale.ROOT, "%,d operations, %,d records acknowledged%n", result.operations(), result.acknowledged());
        injected(result).forEach((fault, times) -> to.printf(Locale.ROOT, "fault %s: %,d times%n", fault, times));
        result.skipped().forEach(fault -> to.println("fault " + fault + ": NOT RUN, this cluster cannot have it"));
        result.damages().forEach(line -> to.println("damage that no fault explains: " + line));
        result.absent().stream()
                .filter(name -> result.skipped().stream().noneMatch(fault -> Faults.isNamed(fault, name)))
                .forEach(name -> to.println("fault " + name + ": NOT RUN, its turn did not come; run for longer"));
        if (!ran.impossible().isEmpty()) {
            to.println("not run, for this cluster cannot have them: " + String.join(", ", ran.impossible()));
        }
        if (!result.brokenOff().isEmpty()) {
            to.println(result.brokenOff());
        }
        CheckCommand.print(result.verdict(), to);
        to.println("open " + ran.directory().page());
        to.flush();
    }

    static Map<String, Object> fields(Runner.Ran ran) {
        ChaosRun.Result result = ran.result();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("good", result.good());
        fields.put("seed", ran.options().seed());
        fields.put("acknowledged", result.acknowledged());
        fields.put("faults", injected(result));
        fields.put("skipped", result.skipped());
        fields.put("absent", result.absent());
        fields.put("damages", result.damages());
        fields.put("impossible", ran.impossible());
        fields.put("broken_off", result.brokenOff());
        fields.putAll(CheckCommand.fields(result.verdict()));
        fields.put("directory", ran.directory().path().toString());
        return fields;
    }

    private static Map<String, Long> injected(ChaosRun.Result result) {
        return new TreeMap<>(result.injected().stream()
                .collect(Collectors.groupingBy(Nemesis.Injected::fault, Collectors.counting())));
    }
}
