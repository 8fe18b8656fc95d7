package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.WalnutException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Every other client appends and reads; the others hold a tail of one log each, and resume it where it ended. */
final class TailWorkload implements Workload {
    @Override
    public String name() {
        return "tail";
    }

    @Override
    public String text() {
        return "tails that are held open and resumed where they ended, beside append-read";
    }

    @Override
    public Workload.Client client(Context context) {
        return context.number() % 2 == 0 ? new AppendReadWorkload().client(context) : new Tail(context);
    }

    /** Each step is a piece of what came; the pieces of one tail follow each other without a gap, whatever happens in between. */
    static final class Tail implements Workload.Client {
        private static final int LARGEST_PIECE = 100;
        private static final Duration WAIT = Duration.ofMillis(100);
        private static final int RESUME_ONE_IN = 200;
        private static final int FARTHEST_BACK = 500;

        private final Context context;
        private final Random random;
        private final String log;
        private final Caller caller;
        private final Cluster.@Nullable Node node;
        private @Nullable LogReader open;
        private long next;

        Tail(Context context) {
            this.context = context;
            this.random = context.random();
            this.log = context.logs().get(random.nextInt(context.logs().size()));
            this.caller = Caller.of(context.recorder(), log);
            // Of one node every third time: what that has, however old. The others go to where it is new.
            this.node = random.nextInt(3) == 0
                    ? context.nodes().get(random.nextInt(context.nodes().size()))
                    : null;
        }

        @Override
        public void step() {
            if (random.nextInt(RESUME_ONE_IN) == 0) {
                close();
                next = Math.max(0, next - random.nextInt(FARTHEST_BACK));
            }
            Runs runs = new Runs();
            long from = next;
            long invoked = caller.now();
            try {
                LogReader tail = opened();
                StoredRecord record = tail.poll(WAIT);
                for (int i = 1; record != null; i++) {
                    runs.add(record);
                    next = record.offset() + 1;
                    record = i < LARGEST_PIECE ? tail.poll(Duration.ZERO) : null;
                }
                came(invoked, from, runs);
            } catch (WalnutException | IllegalStateException e) {
                close();
                came(invoked, from, runs);
                // What it was told may be as old as the tail: it does not count as current.
                caller.add(LogClient.refused(caller.failed(invoked, e), e, Mode.TAIL, node(), next));
                if (e instanceof WalnutException.OffsetTrimmed trimmed) {
                    next = trimmed.startOffset();
                }
            }
        }

        private LogReader opened() {
            LogReader tail = open;
            if (tail == null) {
                ReadOptions from = ReadOptions.from(next);
                tail = context.walnut().tail(log, node == null ? from : from.at(node.endpoint()));
                open = tail;
            }
            return tail;
        }

        private void came(long invoked, long from, Runs runs) {
            if (!runs.isEmpty()) {
                caller.add(new Read(
                        caller.ok(invoked),
                        Mode.TAIL,
                        node(),
                        from,
                        runs.list(),
                        Operation.UNKNOWN,
                        Operation.UNKNOWN));
            }
        }

        private String node() {
            return node == null ? "" : node.id();
        }

        @Override
        public void close() {
            if (open != null) {
                open.close();
                open = null;
            }
        }
    }
}
