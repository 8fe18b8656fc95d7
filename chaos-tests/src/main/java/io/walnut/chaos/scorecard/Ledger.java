package io.walnut.chaos.scorecard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A directory of four files, a JSON object a line in each: {@code runs.jsonl}, which runs add to; {@code bugs.jsonl}, planted bugs and
 * what caught them; {@code suites.jsonl}, what suites without a cluster have counted; {@code found.jsonl}, bugs found in Walnut.
 *
 * @param runs as {@link RunLine} makes them
 * @param bugs each with {@code bug}, {@code caught}, {@code seconds}
 * @param suites each with {@code figure}, {@code count}, and where it is from
 * @param found each with {@code what}, {@code how}, {@code commit}
 */
record Ledger(List<JsonNode> runs, List<JsonNode> bugs, List<JsonNode> suites, List<JsonNode> found) {
    static final String RUNS = "runs.jsonl";

    private static final ObjectMapper JSON = new ObjectMapper();

    Ledger {
        runs = List.copyOf(runs);
        bugs = List.copyOf(bugs);
        suites = List.copyOf(suites);
        found = List.copyOf(found);
    }

    /**
     * Reads one; a file that is not there has no lines.
     *
     * @throws IOException also for a line that is no JSON object, with its number
     */
    static Ledger read(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IOException("there is no ledger in " + directory + "; 'walnut chaos run --ledger " + directory
                    + "' begins one");
        }
        return new Ledger(
                lines(directory.resolve(RUNS)),
                lines(directory.resolve("bugs.jsonl")),
                lines(directory.resolve("suites.jsonl")),
                lines(directory.resolve("found.jsonl")));
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        List<JsonNode> nodes = new ArrayList<>();
        if (Files.notExists(file)) {
            return nodes;
        }
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                JsonNode node = JSON.readTree(line);
                if (!node.isObject()) {
                    throw new IOException(file + ":" + number + ": expected a JSON object");
                }
                nodes.add(node);
            } catch (JsonProcessingException e) {
                throw new IOException(file + ":" + number + ": " + e.getOriginalMessage(), e);
            }
        }
        return nodes;
    }

    /** Adds a run, in one write: runs of several processes may add to one ledger. */
    static void add(Path directory, JsonNode run) throws IOException {
        Files.createDirectories(directory);
        Files.write(
                directory.resolve(RUNS),
                (JSON.writeValueAsString(run) + "\n").getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
