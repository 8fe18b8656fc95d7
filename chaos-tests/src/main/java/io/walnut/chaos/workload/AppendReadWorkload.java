package io.walnut.chaos.workload;

import java.util.List;
import java.util.Random;

/**
 * Appends batches of random size to a few logs, looks at their ends and reads them: all that there is, at the leader and at any node;
 * and what any one node has.
 */
final class AppendReadWorkload implements Workload {
    private static final int LARGEST_READ = 100;

    @Override
    public String name() {
        return "append-read";
    }

    @Override
    public String text() {
        return "appends of one to five records, reads and looks at the ends, at the leader and at any node";
    }

    @Override
    public Workload.Client client(Context context) {
        Logs logs = new Logs(context);
        return mix(context, logs);
    }

    /** The logs as one client knows them, of which each step takes any. */
    static final class Logs {
        private final Random random;
        private final List<LogClient> clients;

        Logs(Context context) {
            random = context.random();
            clients = context.logs().stream()
                    .map(log -> new LogClient(context, log))
                    .toList();
        }

        LogClient any() {
            return clients.get(random.nextInt(clients.size()));
        }
    }

    static Mix mix(Context context, Logs logs) {
        Random random = context.random();
        NodeClients nodes = new NodeClients(context);
        return new Mix(random)
                .atEnd(nodes::close)
                .add(5, () -> logs.any().append())
                .add(1, () -> logs.any().describe())
                .add(1, () -> {
                    LogClient log = logs.any();
                    log.read(latest(log, random.nextInt(LARGEST_READ)), LARGEST_READ);
                })
                .add(1, () -> {
                    LogClient log = logs.any();
                    log.read(latest(log, LARGEST_READ), LARGEST_READ, nodes.any());
                })
                .add(1, () -> logs.any().describe(nodes.at(nodes.any())))
                .add(1, () -> {
                    LogClient log = logs.any();
                    log.read(latest(log, random.nextInt(LARGEST_READ)), LARGEST_READ, nodes.at(nodes.any()));
                });
    }

    /** So many records before the end. */
    private static long latest(LogClient log, int records) {
        return Math.max(log.start(), log.end() - records);
    }
}
