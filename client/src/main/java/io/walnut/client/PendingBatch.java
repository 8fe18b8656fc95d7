package io.walnut.client;

import io.walnut.protocol.v1.EncodedBatch;
import java.util.concurrent.CompletableFuture;

/** A batch that has been given to a pipeline and is not yet acknowledged. Guarded by the pipeline's lock. */
final class PendingBatch {
    final EncodedBatch batch;
    final Deadline deadline;
    final CompletableFuture<Appended> future = new CompletableFuture<>();

    /** Records of this producer before it, in the current epoch. */
    long sequence;
    /** An attempt was sent, and how it ended is not known. */
    boolean ambiguous;
    /** The caller has been told that the outcome is unknown; still sent again, so that the batches after it keep their place. */
    boolean givenUp;

    long sentAtNanos;

    PendingBatch(EncodedBatch batch, Deadline deadline) {
        this.batch = batch;
        this.deadline = deadline;
    }

    int bytes() {
        return batch.getRecords().size();
    }
}
