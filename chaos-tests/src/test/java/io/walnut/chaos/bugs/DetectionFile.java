package io.walnut.chaos.bugs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.cli.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was found of each bug, one JSON object a line, in the order in which the bugs are listed. */
record DetectionFile(Path file) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Puts it in the place of what was there of the same bug. */
    void put(Detection detection) throws IOException, InterruptedException {
        Map<String, String> lines = new TreeMap<>();
        for (JsonNode line : read()) {
            lines.put(line.get("bug").asText(), line.toString());
        }
        PlantedBug bug = detection.bug();
        Map<String, Object> fields = about(bug);
        fields.put("tried", true);
        fields.put("reached", detection.reached());
        fields.put("caught", detection.caught());
        fields.put("anomaly", detection.anomaly());
        fields.put("seconds", Math.round(detection.seconds()));
        fields.put("seed", detection.seed());
        fields.put("commit", commit());
        lines.put(bug.name(), Output.json(fields));
        List<String> ordered = new ArrayList<>();
        for (PlantedBug each : PlantedBugs.all()) {
            // Also of those that nobody has tried: they count among the bugs that there are.
            ordered.add(lines.getOrDefault(each.name(), Output.json(about(each))));
        }
        if (file.getParent() != null) {
            Files.createDirectories(file.getParent());
        }
        Files.write(file, ordered);
    }

    private List<JsonNode> read() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                lines.add(JSON.readTree(line));
            }
        }
        return lines;
    }

    private static Map<String, Object> about(PlantedBug bug) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("bug", bug.name());
        fields.put("text", bug.text());
        fields.put("owner", bug.owner().text());
        fields.put("fault", bug.faultClass().map(Enum::name).orElse(""));
        return fields;
    }

    private static String commit() throws IOException, InterruptedException {
        Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD").start();
        String commit =
                new String(git.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip();
        return git.waitFor() == 0 ? commit : "";
    }
}
