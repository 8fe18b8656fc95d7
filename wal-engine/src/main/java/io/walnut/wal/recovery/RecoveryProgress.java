package io.walnut.wal.recovery;

import java.time.Duration;

/**
 * How far the verification of sealed segments has come.
 *
 * @param bytesDone bytes of the segments that are done
 * @param bytesTotal bytes of all
 * @param segmentsDone segments that are done
 * @param segmentsTotal all of them
 * @param nanos time since it began
 */
public record RecoveryProgress(long bytesDone, long bytesTotal, int segmentsDone, int segmentsTotal, long nanos) {

    /** Time it will still take, if it goes on as fast as until now. */
    public Duration remaining() {
        return bytesDone == 0
                ? Duration.ZERO
                : Duration.ofNanos((long) ((double) nanos / bytesDone * (bytesTotal - bytesDone)));
    }
}
