package io.walnut.wal.record;

import java.io.Serial;

/** Bytes are no batch of records. Says at which byte, and what was expected. */
public final class MalformedRecordException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message, int at) {
        super(message + ", at byte " + at);
    }
}
