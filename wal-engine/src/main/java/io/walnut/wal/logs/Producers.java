package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.AppendItem;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** The producers that a log remembers, in the order of their last appends. Not thread-safe. */
final class Producers {
    /**
     * Producers that a log remembers; of more, the one that appended longest ago is forgotten. A forgotten producer that goes on
     * is refused as out of sequence, never appended twice, but for one case: the retry of its very first batch is taken for the
     * first batch of a new producer.
     */
    static final int MOST = 10_000;

    private final SequencedMap<Long, Producer> byId = new LinkedHashMap<>(2);

    @Nullable
    Producer get(long id) {
        return byId.get(id);
    }

    /** Adds a producer out of an image. */
    void restore(Producer producer) {
        byId.put(producer.id, producer);
    }

    void remember(AppendItem item, long offset, long timestampMs) {
        Producer known = byId.remove(item.producerId());
        Producer producer = known != null ? known : new Producer(item.producerId(), item.producerEpoch());
        if (Integer.compareUnsigned(item.producerEpoch(), producer.epoch) > 0) {
            producer.startEpoch(item.producerEpoch());
        }
        producer.accept(new Producer.Accepted(item.sequence(), item.count(), offset, timestampMs));
        byId.put(item.producerId(), producer);
        if (byId.size() > MOST) {
            byId.pollFirstEntry();
        }
    }

    Collection<Producer> all() {
        return Collections.unmodifiableCollection(byId.values());
    }
}
