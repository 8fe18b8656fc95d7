package io.walnut.chaos.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.walnut.chaos.export.Exports;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Events;
import io.walnut.chaos.run.Build;
import io.walnut.chaos.run.ChaosRun;
import io.walnut.chaos.run.Outage;
import io.walnut.chaos.run.RunDirectory;
import io.walnut.chaos.run.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What is told of a run, in every form.
 *
 * @param impossible names of faults that nobody promised and that this kind of cluster cannot have
 * @param started when, by the wall clock
 * @param verdict as {@code walnut chaos check} prints it
 */
public record RunReport(
        RunDirectory directory,
        RunOptions options,
        ChaosRun.Result result,
        List<String> impossible,
        Instant started,
        Map<String, Object> verdict) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    public RunReport {
        impossible = List.copyOf(impossible);
    }

    /** Writes everything beside the history: what other programs read, the results, the page. */
    public void write() throws IOException {
        List<Exports.Written> exports = Exports.write(result.history(), directory.path(), Exports.all(), null);
        RunStatistics statistics = new RunStatistics();
        Events.play(result.history(), statistics);
        Files.writeString(directory.results(), JSON.writeValueAsString(fields(statistics, exports)) + "\n");
        Files.writeString(directory.page(), new Page(this, statistics, exports).draw());
    }

    /** How often each fault was injected, by name; 0 for those that could have been and were not. */
    Map<String, Long> injected() {
        Map<String, Long> counts = new TreeMap<>(counted(Nemesis.Injected::fault));
        options.faults().stream()
                .filter(fault -> !result.skipped().contains(fault))
                .forEach(fault -> counts.putIfAbsent(fault, 0L));
        return counts;
    }

    private Map<String, Long> counted(Function<Nemesis.Injected, String> by) {
        return result.injected().stream().collect(Collectors.groupingBy(by, TreeMap::new, Collectors.counting()));
    }

    /** The longest time without an acknowledged append under a fault and after it. */
    OptionalLong longestSilence() {
        return result.outages().stream().mapToLong(Outage::silence).max();
    }

    /** The longest time from a healing to the first acknowledged append. */
    OptionalLong slowestRecovery() {
        return result.outages().stream()
                .flatMapToLong(outage -> outage.recovery().stream())
                .max();
    }

    private Map<String, Object> fields(RunStatistics statistics, List<Exports.Written> exports) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("good", result.good());
        fields.put("broken_off", result.brokenOff());
        fields.put("started", started.toString());
        fields.put("options", options.fields());
        fields.put("operations", result.operations());
        fields.put("acknowledged", result.acknowledged());
        fields.put("verdict", verdict);
        fields.put("faults", faults());
        fields.put("liveness", liveness());
        fields.put("latency_us", latencies(statistics));
        fields.put("exports", exports.stream().map(this::fields).toList());
        fields.put("environment", environment());
        return fields;
    }

    private Map<String, Object> faults() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("injected", injected());
        fields.put("classes", counted(fault -> fault.faultClass().name().toLowerCase(Locale.ROOT)));
        fields.put("skipped", result.skipped());
        fields.put("absent", result.absent());
        fields.put("damages", result.damages());
        fields.put("impossible", impossible);
        return fields;
    }

    private Map<String, Object> liveness() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("longest_silence_ms", millis(longestSilence()));
        fields.put("slowest_recovery_ms", millis(slowestRecovery()));
        List<Map<String, Object>> faults = new ArrayList<>();
        for (Outage outage : result.outages()) {
            Map<String, Object> fault = new LinkedHashMap<>();
            fault.put("fault", outage.fault().fault());
            fault.put("hit", outage.fault().hit());
            fault.put("begun_ms", outage.fault().begun() / 1e6);
            fault.put("healed_ms", outage.fault().healed() / 1e6);
            fault.put("silence_ms", outage.silence() / 1e6);
            fault.put("recovery_ms", millis(outage.recovery()));
            faults.add(fault);
        }
        fields.put("faults", faults);
        return fields;
    }

    private static Object millis(OptionalLong nanos) {
        return nanos.isPresent() ? (Object) (nanos.getAsLong() / 1e6) : "none";
    }

    private static Map<String, Object> latencies(RunStatistics statistics) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (RunStatistics.Kind kind : RunStatistics.Kind.values()) {
            Latencies latencies = statistics.all().ok(kind);
            String name = kind.name().toLowerCase(Locale.ROOT);
            fields.put(name + "_p50", latencies.quantile(0.5) / 1e3);
            fields.put(name + "_p99", latencies.quantile(0.99) / 1e3);
            fields.put(name + "_max", latencies.max() / 1e3);
        }
        return fields;
    }

    private Map<String, Object> fields(Exports.Written written) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("form", written.form().name());
        fields.put("files", written.files().stream().map(this::relative).toList());
        fields.put("operations", written.operations());
        fields.put("of", written.of());
        return fields;
    }

    String relative(Path file) {
        return directory.path().relativize(file).toString();
    }

    /** What was tested, and where. */
    static Map<String, Object> environment() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("version", Build.version());
        fields.put("commit", Build.commit());
        fields.put("jdk", Build.jdk());
        fields.put("kernel", Build.kernel());
        fields.put("processors", Runtime.getRuntime().availableProcessors());
        return fields;
    }
}
