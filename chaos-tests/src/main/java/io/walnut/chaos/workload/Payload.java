package io.walnut.chaos.workload;

import io.walnut.chaos.history.Ids;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** The bytes of a record: its id, and eight bytes or more that follow from it, so that any byte that changes is seen. */
public final class Payload {
    public static final int SMALLEST_BYTES = 2 * Long.BYTES;

    private Payload() {}

    /**
     * The bytes of the record with this id.
     *
     * @param bytes their number, {@link #SMALLEST_BYTES} or more
     */
    public static byte[] of(long id, int bytes) {
        byte[] payload = new byte[bytes];
        new SplittableRandom(id).nextBytes(payload);
        ByteBuffer.wrap(payload).putLong(0, id);
        return payload;
    }

    /** Id of the record that these bytes are, or {@link Ids#ALTERED} when they are nobody's. */
    public static long id(byte[] payload) {
        if (payload.length < SMALLEST_BYTES) {
            return Ids.ALTERED;
        }
        long id = ByteBuffer.wrap(payload).getLong(0);
        return id >= 0 && Arrays.equals(payload, of(id, payload.length)) ? id : Ids.ALTERED;
    }
}
