package io.walnut.chaos.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Appends batches of random size to a few logs, looks at their ends and reads them, from the leader and from any node. */
final class AppendReadWorkload implements Workload {
    private static final int LARGEST_BATCH = 5;
    private static final int LARGEST_RECORD = 2_000;
    private static final int LARGEST_READ = 100;

    @Override
    public String name() {
        return "append-read";
    }

    @Override
    public String text() {
        return "appends of one to five records, reads from the leader and from any node, looks at the ends";
    }

    @Override
    public Workload.Client client(Context context) {
        return new AppendingReader(context);
    }

    private static final class AppendingReader implements Workload.Client {
        private final Context context;
        private final Random random;
        private final List<LogClient> clients = new ArrayList<>();
        private final long[] ends;

        AppendingReader(Context context) {
            this.context = context;
            this.random = context.random();
            this.ends = new long[context.logs().size()];
            for (int i = 0; i < ends.length; i++) {
                // A record's id is its client's and a number: of each log another client.
                int client = context.number() * ends.length + i;
                clients.add(
                        new LogClient(client, context.walnut(), context.logs().get(i), context.recorder()));
            }
        }

        @Override
        public void step() {
            int at = random.nextInt(ends.length);
            LogClient client = clients.get(at);
            long end = ends[at];
            switch (random.nextInt(8)) {
                case 0 -> ends[at] = Math.max(end, client.describe());
                case 1 -> client.read(Math.max(0, end - random.nextInt(LARGEST_READ)), LARGEST_READ);
                case 2 ->
                    client.read(
                            Math.max(0, end - LARGEST_READ),
                            LARGEST_READ,
                            context.nodes().get(random.nextInt(context.nodes().size())));
                default ->
                    client.append(
                            1 + random.nextInt(LARGEST_BATCH),
                            Payload.SMALLEST_BYTES + random.nextInt(LARGEST_RECORD - Payload.SMALLEST_BYTES));
            }
        }
    }
}
