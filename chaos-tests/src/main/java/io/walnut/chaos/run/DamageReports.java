package io.walnut.chaos.run;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Outputs;
import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.HistoryReader;
import io.walnut.chaos.history.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What nodes say of damage to their files, and terms that a node has forgotten over a restart. The cluster gets over it, so that no
 * client notices; but where nobody damaged a file, not even a power cut may lead to it.
 */
final class DamageReports {
    private static final int MOST = 10;
    private static final Pattern REPORT = Pattern.compile("is not usable and is passed over|durable bytes are wrong"
            + "| is corrupt: |MANIFEST of .* is damaged|Refusing to start");

    /** Those that damage files, or make them unreadable. */
    private static final Set<FaultClass> EXPLAINING = EnumSet.of(
            FaultClass.BIT_ROT_LOG,
            FaultClass.BIT_ROT_VOTE,
            FaultClass.BIT_ROT_SNAPSHOT,
            FaultClass.BIT_ROT_METADATA,
            FaultClass.FILE_TRUNCATED,
            FaultClass.FILE_LOST,
            FaultClass.FILE_SWAPPED,
            FaultClass.DISK_LOST,
            FaultClass.LYING_DISK,
            FaultClass.READ_ERROR,
            FaultClass.WRITE_ERROR,
            FaultClass.SYNC_ERROR);

    private DamageReports() {}

    /** The first lines of each node, where none of the faults explains them. */
    static List<String> unexplained(Cluster cluster, List<Nemesis.Injected> injected, Path history) throws IOException {
        List<String> reports = new ArrayList<>();
        Optional<Outputs> outputs = cluster.ability(Outputs.class);
        if (injected.stream().anyMatch(fault -> EXPLAINING.contains(fault.faultClass()))) {
            return reports;
        }
        addForgottenTerms(history, reports);
        if (outputs.isEmpty()) {
            return reports;
        }
        for (Cluster.Node node : cluster.nodes()) {
            Path output = outputs.get().output(node);
            if (Files.exists(output)) {
                try (Stream<String> lines = Files.lines(output, StandardCharsets.ISO_8859_1)) {
                    lines.filter(line -> REPORT.matcher(line).find())
                            .limit(MOST)
                            .forEach(line -> reports.add(node.id() + ": " + line.strip()));
                }
            }
        }
        return reports;
    }

    /** A node is asked by one process, one time after another, so its answers are in the order in which it gave them. */
    private static void addForgottenTerms(Path file, List<String> reports) throws IOException {
        Map<String, Long> terms = new HashMap<>();
        try (HistoryReader history = new HistoryReader(file)) {
            for (Operation next = history.next(); next != null; next = history.next()) {
                if (next instanceof Operation.Status status && status.call().ok()) {
                    long before = terms.getOrDefault(status.node(), 0L);
                    if (status.term() < before && reports.size() < MOST) {
                        reports.add(status.node() + ": was in term " + before + ", and later in term " + status.term());
                    }
                    terms.put(status.node(), status.term());
                }
            }
        }
    }
}
