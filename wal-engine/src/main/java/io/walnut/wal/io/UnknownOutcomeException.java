package io.walnut.wal.io;

import java.io.IOException;

/** A step failed in such a way that nobody knows what of it a power cut would leave: a sync, or a rename that was under way. */
public final class UnknownOutcomeException extends IOException {
    private static final long serialVersionUID = 1;

    public UnknownOutcomeException(String message, Throwable cause) {
        super(message, cause);
    }
}
