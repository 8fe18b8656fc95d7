package io.walnut.cli;

import io.walnut.client.ClusterStatus;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code walnut cluster ...}. */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "VERB",
        description = "The cluster and its members.")
final class ClusterCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw UsageErrors.verbMissing(spec);
    }

    /** One row for each member, asked of the member itself. */
    @Command(
            name = "status",
            mixinStandardHelpOptions = true,
            description = {
                "Ask each member for its role and how far it is.",
                "Exit code 4 when no member that answers leads."
            })
    static final class Status implements Callable<Integer> {
        private static final Duration LONGEST_ASK = Duration.ofSeconds(3);
        private static final List<String> COLUMNS = List.of(
                "node",
                "address",
                "role",
                "term",
                "leader",
                "commit_index",
                "applied_index",
                "wal_start",
                "wal_durable",
                "snapshot_index",
                "storage",
                "version",
                "error");

        private final Terminal terminal;

        @Mixin
        ClientOptions client;

        Status(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            ClusterStatus seen;
            try (Walnut walnut = client.connect(terminal)) {
                seen = walnut.status();
            }
            List<Map<String, @Nullable Object>> rows = new ArrayList<>();
            Duration ask = client.deadline.compareTo(LONGEST_ASK) < 0 ? client.deadline : LONGEST_ASK;
            try (Walnut asking = terminal.connect().apply(client.endpoints, ask)) {
                for (ClusterStatus.Member member : seen.members()) {
                    rows.add(row(asking, seen.clusterId(), member));
                }
            }
            if (client.output == Output.TABLE) {
                terminal.print("cluster " + seen.clusterId() + ", leader "
                        + (seen.leaderId().isEmpty() ? "unknown" : seen.leaderId()));
            }
            client.output.print(terminal, COLUMNS, rows);
            return rows.stream().anyMatch(row -> "leader".equals(row.get("role"))) ? ExitCode.OK : ExitCode.UNAVAILABLE;
        }

        private static Map<String, @Nullable Object> row(Walnut asking, String clusterId, ClusterStatus.Member member) {
            Map<String, @Nullable Object> row = new LinkedHashMap<>();
            // Not a column: the line above the table says it once.
            row.put("cluster", clusterId);
            COLUMNS.forEach(column -> row.put(column, null));
            row.put("node", member.id());
            row.put("address", member.clientAddress());
            try {
                ClusterStatus own = asking.status(member.clientAddress());
                row.put("role", own.role());
                row.put("term", own.term());
                row.put("leader", own.leaderId().isEmpty() ? null : own.leaderId());
                row.put("commit_index", own.commitIndex());
                row.put("applied_index", own.appliedIndex());
                row.put("wal_start", own.walStartLsn());
                row.put("wal_durable", own.walDurableLsn());
                row.put("snapshot_index", own.snapshotIndex());
                row.put("storage", own.damagedPlaces() > 0 ? "damaged" : own.storageFull() ? "full" : "ok");
                row.put("version", own.version());
            } catch (WalnutException | IllegalArgumentException e) {
                row.put("role", "unreachable");
                row.put("error", e.getMessage());
            }
            return row;
        }
    }
}
