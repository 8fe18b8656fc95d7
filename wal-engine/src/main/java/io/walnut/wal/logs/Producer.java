package io.walnut.wal.logs;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What one log remembers of one producer, so that a retry is not a duplicate: its epoch, the sequence that comes next, and where
 * its last batches went. Not thread-safe.
 */
final class Producer {
    /** Batches whose offsets are remembered; a producer must not have more in flight. */
    static final int WINDOW = 32;

    /** A batch that was appended. */
    record Accepted(long sequence, int count, long offset, long timestampMs) {}

    final long id;
    int epoch; // unsigned
    long nextSequence;
    final Deque<Accepted> window = new ArrayDeque<>(2);

    Producer(long id, int epoch) {
        this.id = id;
        this.epoch = epoch;
    }

    void accept(Accepted batch) {
        if (window.size() == WINDOW) {
            window.removeFirst();
        }
        window.addLast(batch);
        nextSequence = batch.sequence + batch.count;
    }

    void startEpoch(int newEpoch) {
        epoch = newEpoch;
        nextSequence = 0;
        window.clear();
    }

    /** The batch of the same sequence and length, if it is remembered. */
    @Nullable
    Accepted find(long sequence, int count) {
        for (Accepted batch : window) {
            if (batch.sequence == sequence && batch.count == count) {
                return batch;
            }
        }
        return null;
    }
}
