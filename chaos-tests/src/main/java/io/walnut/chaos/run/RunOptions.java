package io.walnut.chaos.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By what a run can be repeated: as it is written into its results and its {@code repro.sh}.
 *
 * @param seed of clients and faults
 * @param rate operations a second over all clients, null for as many as they can
 * @param faults their names, in the order in which the seed chooses among them
 * @param promised of the names of faults, or what they begin with: of each one must come, or the run is none that counts
 * @param name of the directory above that of the run
 */
public record RunOptions(
        long seed,
        Duration time,
        String backend,
        int nodes,
        String workload,
        @Nullable Double rate,
        List<String> faults,
        List<String> promised,
        String name) {
    /** Of a cluster, if nothing else is said. */
    public static final int NODES = 3;

    private static final double SECONDS_A_MINUTE = 60;

    public RunOptions {
        faults = List.copyOf(faults);
        promised = List.copyOf(promised);
    }

    /** The same, with faults of these names to choose from. */
    public RunOptions among(List<String> names) {
        return new RunOptions(seed, time, backend, nodes, workload, rate, names, promised, name);
    }

    public double minutes() {
        return time.toMillis() / 1000.0 / SECONDS_A_MINUTE;
    }

    /** In as many minutes. */
    public static Duration time(double minutes) {
        return Duration.ofMillis(Math.round(minutes * SECONDS_A_MINUTE * 1000));
    }

    /** Arguments of {@code walnut} that run it again. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "chaos",
                "run",
                "--seed",
                Long.toString(seed),
                "--minutes",
                Double.toString(minutes()),
                "--backend",
                backend,
                "--nodes",
                Integer.toString(nodes),
                "--workload",
                workload));
        if (rate != null) {
            arguments.addAll(List.of("--rate", rate.toString()));
        }
        if (!promised.isEmpty()) {
            arguments.addAll(List.of("--faults", String.join(",", promised)));
        } else {
            arguments.addAll(List.of("--faults-among", faults.isEmpty() ? "none" : String.join(",", faults)));
        }
        arguments.addAll(List.of("--name", name));
        return arguments;
    }

    /** As they stand in the results. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("seed", seed);
        fields.put("minutes", minutes());
        fields.put("backend", backend);
        fields.put("nodes", nodes);
        fields.put("workload", workload);
        if (rate != null) {
            fields.put("rate", rate);
        }
        fields.put("faults", faults);
        fields.put("promised", promised);
        fields.put("name", name);
        return fields;
    }

    /**
     * What {@link #fields} gave.
     *
     * @param where they were found, for the message
     * @throws IOException when they are not there
     */
    public static RunOptions of(JsonNode fields, Object where) throws IOException {
        for (String name : List.of("seed", "minutes", "backend", "workload", "faults", "name")) {
            if (!fields.has(name)) {
                throw new IOException(
                        where + " has no option '" + name + "'; name a directory that 'walnut chaos run' left");
            }
        }
        return new RunOptions(
                fields.get("seed").asLong(),
                time(fields.get("minutes").asDouble()),
                fields.get("backend").asText(),
                fields.path("nodes").asInt(NODES),
                fields.get("workload").asText(),
                fields.has("rate") ? fields.get("rate").asDouble() : null,
                texts(fields.get("faults")),
                texts(fields.path("promised")),
                fields.get("name").asText());
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
