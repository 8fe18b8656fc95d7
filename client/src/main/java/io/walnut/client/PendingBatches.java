package io.walnut.client;

import io.walnut.protocol.v1.ProducerStamp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one producer that have not come to their end, in order: first those in flight, then the unsent ones; and their
 * sequence numbers. Guarded by the pipeline's lock.
 */
final class PendingBatches {
    private final ArrayDeque<PendingBatch> unsent = new ArrayDeque<>();
    private final ArrayDeque<PendingBatch> inFlight = new ArrayDeque<>();
    private long bytes;

    /** For those who ask without the lock. */
    private volatile boolean empty = true;

    private long producerId = newProducerId();
    private int epoch = 1;
    private long nextSequence;

    int size() {
        return unsent.size() + inFlight.size();
    }

    /** May be asked without the lock. */
    boolean isEmpty() {
        return empty;
    }

    long bytes() {
        return bytes;
    }

    /** All, in order. */
    List<PendingBatch> all() {
        List<PendingBatch> all = new ArrayList<>(inFlight);
        all.addAll(unsent);
        return all;
    }

    PendingBatch add(PendingBatch batch) {
        number(batch);
        bytes += batch.bytes();
        unsent.add(batch);
        empty = false;
        return batch;
    }

    private void number(PendingBatch batch) {
        batch.sequence = nextSequence;
        nextSequence += batch.batch.getCount();
    }

    boolean hasUnsent() {
        return !unsent.isEmpty();
    }

    boolean hasInFlight() {
        return !inFlight.isEmpty();
    }

    boolean isInFlight(PendingBatch batch) {
        return inFlight.contains(batch);
    }

    /** The next batch to send, in flight from now on; null when all are. */
    @Nullable
    PendingBatch nextToSend() {
        PendingBatch next = unsent.poll();
        if (next != null) {
            next.sentAtNanos = System.nanoTime();
            inFlight.add(next);
        }
        return next;
    }

    /** The batch that the next answer is for; null when none is in flight. */
    @Nullable
    PendingBatch head() {
        return inFlight.peek();
    }

    /** Takes the head out: it has come to its end. The wait for the answer of the one after it begins now. */
    void removeHead() {
        removed(inFlight.remove());
        PendingBatch next = inFlight.peek();
        if (next != null) {
            next.sentAtNanos = System.nanoTime();
        }
    }

    void remove(PendingBatch batch) {
        if (inFlight.remove(batch) || unsent.remove(batch)) {
            removed(batch);
        }
    }

    private void removed(PendingBatch batch) {
        bytes -= batch.bytes();
        empty = size() == 0;
    }

    /** Nothing is in flight any more: everything is to be sent again, with the same numbers. */
    void takeBack(boolean sent) {
        for (Iterator<PendingBatch> each = inFlight.descendingIterator(); each.hasNext(); ) {
            PendingBatch batch = each.next();
            batch.ambiguous |= sent;
            unsent.addFirst(batch);
        }
        inFlight.clear();
    }

    /**
     * Gives every batch that is still here a sequence number that can be accepted. To be called only when the batch that was
     * before them is certainly not applied and never will be: then no attempt of these is either, whatever became of it.
     */
    void restartInNewEpoch() {
        takeBack(false);
        epoch++;
        renumber();
    }

    private void renumber() {
        nextSequence = 0;
        for (PendingBatch batch : unsent) {
            number(batch);
            batch.ambiguous = false;
        }
    }

    /** Forgets all of them, and the producer: no later batch depends on what may have been applied of them. */
    void startAnew() {
        unsent.clear();
        inFlight.clear();
        bytes = 0;
        empty = true;
        newProducer();
    }

    /**
     * Takes out, in order, those that may have been applied, and forgets the producer; the others are numbered as a new one's.
     * To be called when none is in flight.
     */
    List<PendingBatch> startAnewWithoutAmbiguous() {
        List<PendingBatch> ambiguous =
                unsent.stream().filter(batch -> batch.ambiguous).toList();
        ambiguous.forEach(this::remove);
        newProducer();
        renumber();
        return ambiguous;
    }

    private void newProducer() {
        producerId = newProducerId();
        epoch = 1;
        nextSequence = 0;
    }

    ProducerStamp stamp(PendingBatch batch) {
        return ProducerStamp.newBuilder()
                .setProducerId(producerId)
                .setEpoch(epoch)
                .setSequence(batch.sequence)
                .build();
    }

    private static long newProducerId() {
        long id = ThreadLocalRandom.current().nextLong();
        return id == 0 ? 1 : id;
    }
}
