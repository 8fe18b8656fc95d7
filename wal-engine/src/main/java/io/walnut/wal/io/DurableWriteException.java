package io.walnut.wal.io;

import java.io.IOException;

/** One of several writes in flight failed; the others are not concerned. The cause says why, a {@link StorageFullException} for one. */
public final class DurableWriteException extends IOException {
    private static final long serialVersionUID = 1;

    private final int token;

    public DurableWriteException(int token, IOException cause) {
        super(String.valueOf(cause.getMessage()), cause);
        this.token = token;
    }

    /** Of the write that failed. */
    public int token() {
        return token;
    }
}
