package io.walnut.node;

import java.io.Serial;

/** The node cannot start here and now. The message says what is in the way and what to do; nothing was changed on disk. */
public final class StartException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    StartException(String message) {
        super(message);
    }

    StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
