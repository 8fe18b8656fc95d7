package io.walnut.chaos.process;

import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a log holds, read by a client of its own, apart from the program that is tested. */
final class LogContent {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private LogContent() {}

    /** A client of all nodes that is patient with them. */
    static Walnut connect(LocalCluster cluster) {
        return Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(DEADLINE)
                .build();
    }

    /** Every record from where the log begins to its end, as text. */
    static List<String> of(Walnut walnut, String log) {
        var records = new ArrayList<String>();
        try (LogReader reader = walnut.read(log, walnut.describe(log).startOffset())) {
            for (StoredRecord record : reader) {
                records.add(new String(record.value(), StandardCharsets.UTF_8));
            }
        }
        return records;
    }

    /** The first {@code count} records as one node has them, as soon as it has them. */
    static List<String> at(Walnut walnut, NodeLayout node, String log, long count) {
        var records = new ArrayList<String>();
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        ReadOptions options = ReadOptions.from(0).at(node.endpoint());
        try (LogReader reader = walnut.tail(log, options)) {
            while (records.size() < count) {
                StoredRecord record = reader.poll(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                if (record == null) {
                    throw new AssertionError("node " + node.id() + " has given " + records.size() + " of " + count
                            + " records of log " + log + " within " + DEADLINE);
                }
                records.add(new String(record.value(), StandardCharsets.UTF_8));
            }
        }
        return records;
    }
}
