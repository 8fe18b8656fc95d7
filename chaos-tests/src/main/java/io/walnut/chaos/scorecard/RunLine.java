package io.walnut.chaos.scorecard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the ledger keeps of a run: its options, its verdict, and how often each fault, each class and each pair of classes came. */
public final class RunLine {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RunLine() {}

    /**
     * Adds the run of this directory to a ledger.
     *
     * @param run what {@code walnut chaos run} left
     * @param ledger made when it is not there
     */
    public static void add(Path run, Path ledger) throws IOException {
        List<JsonNode> faults = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("faults.jsonl"))) {
            faults.add(JSON.readTree(line));
        }
        Ledger.add(ledger, of(JSON.readTree(run.resolve("results.json").toFile()), faults));
    }

    /** Adds a run that came to no verdict, and why. */
    public static void addFailed(Map<String, Object> options, Instant started, String commit, String error, Path ledger)
            throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("started", started.toString());
        line.put("commit", commit);
        line.set("options", ((ObjectNode) JSON.valueToTree(options)).without(List.of("faults")));
        line.put("good", false);
        line.put("error", error);
        Ledger.add(ledger, line);
    }

    static ObjectNode of(JsonNode results, List<JsonNode> faults) {
        ObjectNode line = JSON.createObjectNode();
        line.set("started", results.path("started"));
        line.set("commit", results.at("/environment/commit"));
        line.set("options", ((ObjectNode) results.path("options").deepCopy()).without(List.of("faults")));
        line.set("good", results.path("good"));
        line.set("broken_off", results.path("broken_off"));
        line.set("operations", results.path("operations"));
        line.set("acknowledged", results.path("acknowledged"));
        line.set("conclusive", results.at("/verdict/conclusive"));
        line.set("anomalies", results.at("/verdict/anomalies"));
        line.set("skipped", results.at("/faults/skipped"));
        Map<String, Integer> named = new TreeMap<>();
        Map<String, Integer> classes = new TreeMap<>();
        Map<String, Integer> pairs = new TreeMap<>();
        for (int i = 0; i < faults.size(); i++) {
            JsonNode fault = faults.get(i);
            named.merge(fault.path("fault").asText(), 1, Integer::sum);
            classes.merge(fault.path("class").asText(), 1, Integer::sum);
            for (JsonNode other : faults.subList(0, i)) {
                if (overlap(fault, other)) {
                    pairs.merge(
                            pair(
                                    fault.path("class").asText(),
                                    other.path("class").asText()),
                            1,
                            Integer::sum);
                }
            }
        }
        line.set("faults", JSON.valueToTree(named));
        line.set("classes", JSON.valueToTree(classes));
        line.set("pairs", JSON.valueToTree(pairs));
        ObjectNode silences = line.putObject("silence_ms");
        for (JsonNode fault : results.at("/liveness/faults")) {
            ArrayNode of = (ArrayNode) silences.get(fault.path("fault").asText());
            (of == null ? silences.putArray(fault.path("fault").asText()) : of)
                    .add(Math.round(fault.path("silence_ms").asDouble()));
        }
        return line;
    }

    private static boolean overlap(JsonNode one, JsonNode other) {
        return one.path("begun").asLong() < other.path("healed").asLong()
                && other.path("begun").asLong() < one.path("healed").asLong();
    }

    static String pair(String one, String other) {
        return one.compareTo(other) < 0 ? one + "+" + other : other + "+" + one;
    }
}
