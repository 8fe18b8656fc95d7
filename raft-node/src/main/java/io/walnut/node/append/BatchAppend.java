package io.walnut.node.append;

import java.nio.ByteBuffer;

/**
 * One batch that a client wants appended.
 *
 * @param logId the log, by the id that its creation gave it
 * @param producerId 0 for none: the batch is not recognised when it comes again
 * @param count records in the batch
 * @param crc32c checksum of {@code bytes}, verified
 * @param bytes the client's encoding, not to be changed until the append has ended
 */
public record BatchAppend(
        long logId, long producerId, int producerEpoch, long sequence, int count, int crc32c, ByteBuffer bytes) {

    // What a batch takes in an entry beside its bytes, rounded up; also what an empty batch costs in memory.
    private static final int OVERHEAD_BYTES = 64;

    /** Bytes that this batch counts for in limits. */
    public int sizeBytes() {
        return bytes.remaining() + OVERHEAD_BYTES;
    }
}
