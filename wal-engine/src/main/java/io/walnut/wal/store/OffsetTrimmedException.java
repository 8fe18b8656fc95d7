package io.walnut.wal.store;

import java.io.IOException;
import java.io.Serial;

/** The records at that offset were trimmed. Go on at {@link #startOffset}, knowing the gap. */
public final class OffsetTrimmedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final long startOffset;

    OffsetTrimmedException(String log, long offset, long startOffset) {
        super("offset " + offset + " of log '" + log + "' was trimmed; the first that is left is " + startOffset);
        this.startOffset = startOffset;
    }

    /** First offset that is left. */
    public long startOffset() {
        return startOffset;
    }
}
