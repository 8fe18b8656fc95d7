package io.walnut.chaos.workload;

import io.walnut.chaos.history.Ids;
import io.walnut.client.Record;
import java.util.List;
import java.util.Random;

/** The records that one client appends, one batch after another, each record with an id of its own. Not thread-safe. */
final class Batches {
    private static final int LARGEST_BATCH = 5;
    private static final int LARGEST_RECORD = 2_000;

    /** One batch; its records have the ids from the first on. */
    record Batch(long firstId, List<Record> records) {
        Batch {
            records = List.copyOf(records);
        }

        int count() {
            return records.size();
        }

        Record[] array() {
            return records.toArray(new Record[0]);
        }
    }

    private final int client;
    private final Random random;
    private long sequence;

    /** @param client a number that no other has */
    Batches(int client, Random random) {
        this.client = client;
        this.random = random;
    }

    /** The next one, of one to five records. */
    Batch next() {
        Record[] records = new Record[1 + random.nextInt(LARGEST_BATCH)];
        long firstId = Ids.of(client, sequence);
        sequence += records.length;
        int bytes = Payload.SMALLEST_BYTES + random.nextInt(LARGEST_RECORD - Payload.SMALLEST_BYTES);
        for (int i = 0; i < records.length; i++) {
            records[i] = Record.of(Payload.of(firstId + i, bytes));
        }
        return new Batch(firstId, List.of(records));
    }
}
