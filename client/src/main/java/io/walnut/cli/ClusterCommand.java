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
import picocli.CommandLine;
import picocli.CommandLine.Command;
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
        throw new CommandLine.ParameterException(spec.commandLine(), "say what to do: a verb is missing");
    }

    /** One row for each member, asked of the member itself. */
    @Command(
            name = "status",
            mixinStandardHelpOptions = true,
            description = "Ask each member for its role and how far it is.")
    static final class Status extends LogCommand.Verb {
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

        Status(Terminal terminal) {
            super(terminal);
        }

        @Override
        void run(Walnut walnut) throws IOException {
            ClusterStatus seen = walnut.status();
            List<Map<String, Object>> rows = new ArrayList<>();
            Duration ask = client.deadline.compareTo(LONGEST_ASK) < 0 ? client.deadline : LONGEST_ASK;
            try (Walnut asking = terminal.connect().apply(client.endpoints, ask)) {
                for (ClusterStatus.Member member : seen.members()) {
                    rows.add(row(asking, member));
                }
            }
            if (client.output == Output.TABLE) {
                terminal.print("cluster " + seen.clusterId() + ", leader "
                        + (seen.leaderId().isEmpty() ? "unknown" : seen.leaderId()));
            }
            client.output.print(terminal, COLUMNS, rows);
        }

        private static Map<String, Object> row(Walnut asking, ClusterStatus.Member member) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("node", member.id());
            row.put("address", member.clientAddress());
            try {
                ClusterStatus own = asking.status(member.clientAddress());
                row.put("role", own.role());
                row.put("term", own.term());
                row.put("leader", own.leaderId());
                row.put("commit_index", own.commitIndex());
                row.put("applied_index", own.appliedIndex());
                row.put("wal_start", own.walStartLsn());
                row.put("wal_durable", own.walDurableLsn());
                row.put("snapshot_index", own.snapshotIndex());
                row.put("storage", own.storageFull() ? "full" : "ok");
                row.put("version", own.version());
            } catch (WalnutException | IllegalArgumentException e) {
                row.put("role", "unreachable");
                row.put("error", String.valueOf(e.getMessage()));
            }
            return row;
        }
    }
}
